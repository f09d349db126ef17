import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '@koine/base'
import { VirtualClock } from './virtual-clock.ts'

test('promises run until they wait for time before time passes', async () => {
  const clock = new VirtualClock()
  const seen: string[] = []
  const walk = async (name: string, ms: number): Promise<void> => {
    for (let n = 0; n < 50; n++) await Promise.resolve()
    seen.push(`${name} at ${clock.monotonic()}`)
    await sleep(clock, ms)
    for (let n = 0; n < 50; n++) await Promise.resolve()
    seen.push(`${name} at ${clock.monotonic()}`)
  }
  const walks = Promise.all([walk('slow', 20), walk('fast', 10)])
  assert.equal(await clock.runUntil(() => seen.length === 4, 1000), true)
  await walks
  assert.deepEqual(seen, ['slow at 0', 'fast at 0', 'fast at 10', 'slow at 20'])
})

test('a run ends at its limit, and at once when nothing moves', async () => {
  const clock = new VirtualClock()
  assert.equal(await clock.runUntil(() => false, 1000), false)
  assert.equal(clock.monotonic(), 0)
  const tick = (): void => void clock.after(100, tick)
  tick()
  assert.equal(await clock.runUntil(() => false, 1000), false)
  assert.equal(clock.monotonic(), 1000)
})
