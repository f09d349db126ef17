import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from './clock.ts'
import { disposeWithin } from './lifecycle.ts'
import { ManualClock } from './testing/index.ts'

test('a disposal that is done in time says so, and leaves no timer', async () => {
  const clock = new ManualClock()
  const done = await disposeWithin(
    { [Symbol.asyncDispose]: async () => {} },
    { clock, deadlineMs: 100, onLateFailure: (cause) => assert.fail(String(cause)) },
  )
  assert.equal(done, true)
  assert.equal(clock.step(), false)
})

test('a disposal that hangs is given up at the deadline, and its late failure is told', async () => {
  const clock = new ManualClock()
  const late = Promise.withResolvers<unknown>()
  const hanging = Promise.withResolvers<void>()
  const done = disposeWithin(
    { [Symbol.asyncDispose]: () => hanging.promise },
    { clock, deadlineMs: 100, onLateFailure: late.resolve },
  )
  clock.advance(100)
  assert.equal(await done, false)
  hanging.reject(new Error('too late'))
  assert.match(String(await late.promise), /too late/)
})

test('a sleep ends with its signal', async () => {
  const clock = new ManualClock()
  const abort = new AbortController()
  const slept = sleep(clock, 1000, abort.signal)
  abort.abort(new Error('enough'))
  await assert.rejects(slept, /enough/)
  assert.equal(clock.step(), false)
})
