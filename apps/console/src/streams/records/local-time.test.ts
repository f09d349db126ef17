import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLocal, toLocal } from './local-time.ts'

test('a time survives the field of a form', () => {
  assert.equal(fromLocal(toLocal('2026-03-09T08:00:05.000Z')), '2026-03-09T08:00:05.000Z')
})

test('what is not a whole time yet is none', () => {
  assert.equal(fromLocal(''), undefined)
})
