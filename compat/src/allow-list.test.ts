import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Outcome } from './allow-list.ts'

const passed = (name: string): Outcome => ({ name, state: 'passed' })
const failed = (name: string): Outcome => ({ name, state: 'failed', reason: 'why' })
const skipped = (name: string): Outcome => ({ name, state: 'skipped', reason: 'why' })
const listed = new Set(['a', 'b'])

test('all that is listed passes: nothing to say', () => {
  assert.deepEqual(judge(listed, [passed('a'), passed('b')]), { regressions: [], unlisted: [], knownFailures: [] })
})

test('a listed test that fails, is left out or does not run at all is a regression', () => {
  assert.deepEqual(judge(listed, [failed('a')]).regressions, ['a: failed (why)', 'b: did not run'])
  assert.deepEqual(judge(listed, [skipped('a'), passed('b')]).regressions, ['a: skipped (why)'])
})

test('an unlisted test that passes is told, and one that fails is known', () => {
  const { regressions, unlisted, knownFailures } = judge(listed, [passed('a'), passed('b'), passed('c'), failed('d')])
  assert.deepEqual(regressions, [])
  assert.deepEqual(unlisted, ['c'])
  assert.deepEqual(knownFailures, [failed('d')])
})
