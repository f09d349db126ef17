import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import type { LiveEvent } from '../conversation.ts'
import { Fixture } from './messaging-fixture.ts'
import type { Open } from './messaging-suite.ts'

export function liveTests(open: Open): void {
  test('every device of every member hears each message in order, and nobody else', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const devices = [at.asha, at.ben, at.ben].map((user) => ({ user, heard: [] as number[] }))
    const outside: LiveEvent[] = []
    for (const { user, heard } of devices) {
      await at.messaging.subscribe(at.acme, user, (event, json) => {
        assert.deepEqual(JSON.parse(json), event)
        if (event.type === 'message') heard.push(event.message.seq)
      })
    }
    await at.messaging.subscribe(at.acme, at.carl, (event) => outside.push(event))
    await at.messaging.subscribe(at.globex, at.ben, (event) => outside.push(event))
    await Promise.all(Array.from({ length: 50 }, (_, n) => at.say(pair, n % 2 ? at.asha : at.ben, `m${n}`)))
    for (const { heard } of devices) {
      await until('the device has heard all', () => heard.length === 50)
      assert.deepEqual(
        heard,
        Array.from({ length: 50 }, (_, n) => n + 1),
      )
    }
    assert.deepEqual(outside, [])
  })

  test('new conversations and read positions are told live', async () => {
    await using at = new Fixture(await open())
    const heard: LiveEvent[] = []
    await at.messaging.subscribe(at.acme, at.asha, (event) => heard.push(event))
    const pair = await at.conversation()
    await at.say(pair, at.asha, 'hello')
    await at.messaging.markRead(at.acme, at.ben, pair.id, 1)
    await at.messaging.markRead(at.acme, at.ben, pair.id, 1)
    await until('three events came', () => heard.length === 3)
    assert.deepEqual(heard[0], { type: 'conversation', conversation: pair })
    assert.deepEqual(heard[2], { type: 'read', conversationId: pair.id, userId: at.ben, seq: 1 })
  })

  test('a listener that throws or leaves does not disturb the others', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const heard: string[] = []
    const texts = (event: LiveEvent): unknown => event.type === 'message' && heard.push(event.message.text)
    await at.messaging.subscribe(at.acme, at.ben, () => {
      throw new Error('a broken listener')
    })
    const leaving = await at.messaging.subscribe(at.acme, at.ben, texts)
    await at.messaging.subscribe(at.acme, at.ben, texts)
    await at.say(pair, at.asha, 'first')
    await until('both have heard', () => heard.length === 2)
    await leaving[Symbol.asyncDispose]()
    await leaving[Symbol.asyncDispose]()
    await at.say(pair, at.asha, 'second')
    await until('one has heard', () => heard.length === 3)
    assert.deepEqual(heard, ['first', 'first', 'second'])
  })

  test('leaving and joining again in one turn loses nothing', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const heard: LiveEvent[] = []
    const first = await at.messaging.subscribe(at.acme, at.ben, () => {})
    const left = first[Symbol.asyncDispose]()
    await at.messaging.subscribe(at.acme, at.ben, (event) => heard.push(event))
    await left
    await at.say(pair, at.asha, 'hello')
    await until('it is heard', () => heard.length === 1)
  })
}
