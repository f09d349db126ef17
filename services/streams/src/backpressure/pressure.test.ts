import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pressure, type SignalName } from './pressure.ts'

const settings = { smoothing: 0.3, pressureMax: 3 }

function watched(name: SignalName, limit: number) {
  const value = { now: 0 }
  return { value, signal: { name, read: () => value.now, limit, isWait: name !== 'queue' } }
}

test('one pause, however long, is no overload; what stays is', () => {
  const pressure = new Pressure(settings)
  const { value, signal } = watched('event-loop', 40)
  pressure.watch(signal)
  value.now = 10_000
  pressure.look()
  assert.ok(pressure.worst!.level < 1)
  pressure.look()
  assert.ok(pressure.worst!.level > 1)
  value.now = 0
  pressure.look()
  pressure.look()
  pressure.look()
  assert.ok(pressure.worst!.level < 1)
})

test('the worst signal counts, and says which it is', () => {
  const pressure = new Pressure(settings)
  const [loop, queue] = [watched('event-loop', 40), watched('queue', 1_000)]
  pressure.watch(loop.signal)
  const watch = pressure.watch(queue.signal)
  loop.value.now = 20
  queue.value.now = 900
  for (let looks = 0; looks < 50; looks++) pressure.look()
  assert.equal(pressure.worst?.name, 'queue')
  assert.ok(Math.abs(pressure.worst.level - 0.9) < 0.001)
  assert.equal(pressure.queueMs, 20)
  watch[Symbol.dispose]()
  assert.equal(pressure.worst.name, 'event-loop')
})

test('of several with one name the worst is told', () => {
  const pressure = new Pressure({ ...settings, smoothing: 1 })
  for (const now of [100, 300]) pressure.watch({ name: 'disk', read: () => now, limit: 200, isWait: true })
  pressure.look()
  assert.deepEqual(pressure.levels(), [{ name: 'disk', level: 1.5 }])
})
