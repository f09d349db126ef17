import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultBackpressureSettings } from './backpressure-settings.ts'
import { WorkBound } from './work-bound.ts'

const tickMs = 100

/** A node that does so much a second, looked at every tick. */
function bound() {
  let nowMs = 0
  const work = new WorkBound({ ...defaultBackpressureSettings, boundMin: 1 }, nowMs)
  const look = (
    seconds: number,
    o: { pressure: number; perSecond: number; slowed?: boolean; muteMs?: number; busy?: number },
  ): void => {
    for (let ticks = 0; ticks < (seconds * 1_000) / tickMs; ticks++) {
      nowMs += tickMs
      const { pressure, perSecond, slowed = false, muteMs = 0, busy = 1 } = o
      work.look({ pressure, signal: 'disk', busy, muteMs, done: (perSecond * tickMs) / 1_000, slowed, nowMs })
    }
  }
  return { work, look }
}

test('nothing is bounded before the node is overloaded', () => {
  const { work, look } = bound()
  look(10, { pressure: 0.99, perSecond: 1e6 })
  assert.equal(work.perSecond, Infinity)
})

test('the bound starts a little below what the node did', () => {
  const { work, look } = bound()
  look(10, { pressure: 0.5, perSecond: 1_000 })
  look(0.1, { pressure: 1.1, perSecond: 1_000 })
  assert.ok(work.perSecond > 950 && work.perSecond < 1_000, `${work.perSecond}`)
})

test('it falls while queues stand, and no further than a part of what was done lately', () => {
  const { work, look } = bound()
  look(10, { pressure: 0.5, perSecond: 1_000 })
  look(3, { pressure: 2, perSecond: 600, slowed: true })
  assert.ok(work.perSecond < 850, `${work.perSecond}`)
  look(5, { pressure: 2, perSecond: 0, slowed: true })
  assert.ok(work.perSecond > 100, `${work.perSecond}`)
})

test('it waits for what it decided to show, as long as connections are muted', () => {
  const { work, look } = bound()
  look(10, { pressure: 0.5, perSecond: 1_000 })
  look(0.1, { pressure: 2, perSecond: 1_000 })
  const first = work.perSecond
  look(1.5, { pressure: 2, perSecond: 600, slowed: true, muteMs: 2_000 })
  assert.equal(work.perSecond, first)
  look(2, { pressure: 2, perSecond: 600, slowed: true, muteMs: 2_000 })
  assert.ok(work.perSecond < first)
})

test('it rises while somebody waits and no queue stands', () => {
  const { work, look } = bound()
  look(10, { pressure: 0.5, perSecond: 1_000 })
  look(1, { pressure: 2, perSecond: 1_000, slowed: true })
  const low = work.perSecond
  look(10, { pressure: 0, perSecond: low, slowed: true })
  assert.ok(work.perSecond > 1.1 * low, `${work.perSecond}`)
})

test('it is lifted when nobody had to wait for a while', () => {
  const { work, look } = bound()
  look(10, { pressure: 0.5, perSecond: 1_000 })
  look(1, { pressure: 2, perSecond: 1_000, slowed: true })
  look(1.5, { pressure: 0, perSecond: 500 })
  assert.notEqual(work.perSecond, Infinity)
  look(1, { pressure: 0, perSecond: 500 })
  assert.equal(work.perSecond, Infinity)
})
