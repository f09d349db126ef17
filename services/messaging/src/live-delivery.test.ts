import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError } from '@koine/base'
import { until } from '@koine/base/testing'
import { Fixture, openMemory, refusal } from './testing/messaging-fixture.ts'

test('a subscription that fails is told to all who asked for it, and can be tried again', async () => {
  let away = true
  const fault = (operation: string): void => {
    if (away && operation === 'cache.subscribe') throw new KoineError('unavailable', 'The cache is away.')
  }
  await using at = new Fixture(openMemory({ before: fault, after: () => {} }))
  const pair = await at.conversation()
  const heard: unknown[] = []
  const subscribe = (): Promise<unknown> => at.messaging.subscribe(at.acme, at.ben, (event) => heard.push(event))
  assert.deepEqual(await Promise.all([refusal(subscribe()), refusal(subscribe())]), ['unavailable', 'unavailable'])
  away = false
  await subscribe()
  await at.say(pair, at.asha, 'hello')
  await until('the message is heard', () => heard.length === 1)
})

test('live events beyond the limit in progress are dropped and counted, and messages are not', async () => {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const hold = (operation: string): void | Promise<void> => (operation === 'cache.publish' ? gate : undefined)
  await using at = new Fixture(openMemory({ before: hold, after: () => {} }), { publishesInProgressMax: 5 })
  const pair = await at.conversation()
  for (let n = 1; n <= 4; n++) assert.equal((await at.say(pair, at.asha, `m${n}`)).seq, n)
  // Two members were told of the conversation and of four messages.
  assert.match(await at.metrics.text(), /^koine_messaging_live_events_dropped_total 5$/m)
  release()
})

test('what is no event on a channel is passed over', async () => {
  await using at = new Fixture(openMemory())
  const pair = await at.conversation()
  const heard: unknown[] = []
  await at.messaging.subscribe(at.acme, at.ben, (event) => heard.push(event))
  await at.acme.cache.publish(`user:${at.ben}`, '{"type":')
  await at.say(pair, at.asha, 'hello')
  await until('the message is heard', () => heard.length === 1)
})
