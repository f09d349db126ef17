import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterPass, type CleaningState, fromStart, removableBefore, uncleaned } from './cleaning-state.ts'

const pass = (cleanedTo: number, atMs: number, more: object = {}) => ({
  ...{ cleanedTo, sweptTo: 0, stuckFrom: undefined, keptTombstones: true, atMs },
  ...more,
})

test('what was first cleaned when its time began may go when that is over', () => {
  const state = afterPass(afterPass(uncleaned, pass(10, 100)), pass(20, 200))
  assert.equal(removableBefore(state, 99), 0)
  assert.equal(removableBefore(state, 100), 10)
  assert.equal(removableBefore(state, 200), 20)
})

test('however often a partition is cleaned, its tombstones wait long enough and not for ever', () => {
  let state: CleaningState = uncleaned
  for (let i = 1; i <= 1_000; i++) {
    const removable = removableBefore(state, i - 100)
    // The tombstones below `removable` were first cleaned when `cleanedTo` passed them, a hundred passes ago or more.
    assert.ok(removable <= Math.max(0, (i - 100) * 10))
    state = afterPass(state, pass(i * 10, i, { sweptTo: removable }))
    assert.ok(state.horizons.length <= 16)
  }
  assert.ok(state.sweptTo >= 7_500, `${state.sweptTo}`)
})

test('behind a batch that could not be cleaned tombstones stay, until the log starts later', () => {
  const state = afterPass(uncleaned, pass(10, 100, { stuckFrom: 4 }))
  assert.equal(removableBefore(state, 1_000), 4)
  assert.equal(removableBefore(afterPass(state, pass(20, 200)), 1_000), 4)
  assert.deepEqual(fromStart(state, 10), state)
  assert.deepEqual(fromStart(state, 11), { cleanedTo: 11, sweptTo: 0, horizons: state.horizons })
})
