import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LatencyWindow } from './latency-window.ts'

test('a percentile is no less than the true one, and over it by a fifth at most', () => {
  const ms = fc.double({ min: 0.02, max: 60_000, noNaN: true })
  fc.assert(
    fc.property(fc.array(ms, { minLength: 1, maxLength: 200 }), fc.constantFrom(0.5, 0.9, 0.99), (all, share) => {
      const window = new LatencyWindow(3)
      for (const each of all) window.record(each)
      const truth = all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1]!
      const told = window.percentile(share)
      assert.ok(told >= truth * 0.999_999 && told <= truth * 1.2, `${told} for ${truth}`)
    }),
  )
})

test('what is older than the window is forgotten', () => {
  const window = new LatencyWindow(3)
  assert.equal(window.percentile(0.9), 0)
  window.record(100)
  window.turn()
  window.turn()
  assert.ok(window.percentile(0.9) >= 100)
  window.turn()
  assert.equal(window.percentile(0.9), 0)
})

test('any duration is counted, however long or odd', () => {
  const window = new LatencyWindow(1)
  for (const ms of [0, -1, Number.NaN, 1e12]) window.record(ms)
  assert.ok(window.percentile(1) > 60_000)
  assert.ok(window.percentile(0.5) <= 0.01)
})
