import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor } from './cursor.ts'

const positions = () => ({ conv_1: 7 })

test('after a reset positions are asked with until they are through, whatever cursors come meanwhile', () => {
  const cursor = new Cursor()
  assert.equal(cursor.take({ cursor: 'a' }), false)
  cursor.move('b')
  assert.deepEqual(cursor.resume(positions), { cursor: 'b' })
  assert.equal(cursor.take({ cursor: 'end', reset: true }), true)
  cursor.move('later')
  assert.deepEqual(cursor.held(positions), { held: { conv_1: 7 } })
  cursor.take({})
  cursor.move('later still')
  assert.deepEqual(cursor.resume(positions), { resume: { conv_1: 7 } })
  cursor.take({ cursor: 'c' })
  assert.deepEqual(cursor.held(positions), { cursor: 'c' })
})
