import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger, tenantIds, type UserId } from '@koine/base'
import { until } from '@koine/base/testing'
import { EventLog, OutboxRelay } from '@koine/stores-ports'
import { messagesTopic } from '../cloud-events.ts'
import type { Conversation, LiveEvent } from '../conversation.ts'
import { Fixture, openMemory } from '../testing/messaging-fixture.ts'
import type { ChangeCursor } from './cursor.ts'

/** A node whose events are relayed and told to users. */
async function telling(body: (fixture: Fixture) => Promise<void>, userChangesMax = 500): Promise<void> {
  await using fixture = new Fixture(openMemory(), { userChangesMax })
  const { clock, acme } = fixture
  await using relay = new OutboxRelay({ scope: () => acme, clock, logger: silentLogger })
  relay.add(acme.tenantId)
  fixture.messaging.fanOut.add(acme)
  await body(fixture)
}

const start: ChangeCursor = { position: 0, seq: 0 }

/** Everything beyond a cursor, page by page. */
async function allSince({ messaging, acme }: Fixture, user: UserId, from: ChangeCursor, limit = 7) {
  const texts: string[] = []
  const met: string[] = []
  let cursor = from
  for (let hasMore = true; hasMore;) {
    const page = await messaging.changesSince(acme, user, cursor, limit)
    assert.equal(page.reset, false)
    assert.ok(page.messages.length <= limit)
    texts.push(...page.messages.map(({ text }) => text))
    met.push(...page.conversations.map(({ id }) => id))
    ;({ cursor, hasMore } = page)
  }
  return { texts, met, cursor }
}

const told = (fixture: Fixture, user: UserId, count: number): Promise<unknown> =>
  until('all is told', async () => (await allSince(fixture, user, start)).texts.length === count)

test('a device that was away gets every conversation and message by one cursor, in order', () =>
  telling(async (fixture) => {
    const conversations: Conversation[] = []
    for (let i = 0; i < 5; i++) conversations.push(await fixture.conversation('group'))
    for (let n = 0; n < 40; n++) await fixture.say(conversations[n % 5]!, fixture.asha, `m${n}`)
    await told(fixture, fixture.ben, 40)
    const { texts, met, cursor } = await allSince(fixture, fixture.ben, start)
    assert.deepEqual(met.toSorted(), conversations.map(({ id }) => id).toSorted())
    for (let i = 0; i < 5; i++) {
      const own = texts.filter((text) => Number(text.slice(1)) % 5 === i)
      assert.deepEqual(
        own,
        Array.from({ length: 8 }, (_, n) => `m${i + 5 * n}`),
      )
    }
    assert.deepEqual((await allSince(fixture, fixture.ben, cursor)).texts, [])
    await fixture.say(conversations[0]!, fixture.asha, 'later')
    await until('it is told', async () => (await allSince(fixture, fixture.ben, cursor)).texts.length > 0)
    assert.deepEqual((await allSince(fixture, fixture.ben, cursor)).texts, ['later'])
  }))

test('a change of many messages is read in parts, none of them twice', () =>
  telling(async (fixture) => {
    const conversation = await fixture.conversation()
    await Promise.all(Array.from({ length: 300 }, (_, n) => fixture.say(conversation, fixture.asha, `m${n}`)))
    await told(fixture, fixture.ben, 300)
    for (const limit of [1, 13, 500]) {
      const { texts, met } = await allSince(fixture, fixture.ben, start, limit)
      assert.equal(new Set(texts).size, 300)
      assert.equal(texts.length, 300)
      assert.equal(met.length, 1)
    }
  }))

test('a log that was trimmed past a cursor says so, and where it ends', () =>
  telling(async (fixture) => {
    let said = 0
    const conversation = await fixture.conversation()
    await until('it is trimmed', async () => {
      await fixture.say(conversation, fixture.asha, `m${said++}`)
      return (await fixture.messaging.changesSince(fixture.acme, fixture.ben, start, 1)).reset
    })
    const { cursor } = await fixture.messaging.changesSince(fixture.acme, fixture.ben, start, 1)
    assert.ok(cursor.position > 0)
    const future = { position: cursor.position + 10_000, seq: 0 }
    assert.equal((await fixture.messaging.changesSince(fixture.acme, fixture.ben, future, 1)).reset, true)
  }, 5))

test('who listens hears of the changes behind the messages, and only members do', () =>
  telling(async (fixture) => {
    const heard = new Map<UserId, LiveEvent[]>()
    for (const user of [fixture.asha, fixture.ben, fixture.carl]) {
      heard.set(user, [])
      await fixture.messaging.subscribe(fixture.acme, user, (event) => heard.get(user)!.push(event))
    }
    const conversation = await fixture.conversation()
    await fixture.say(conversation, fixture.asha, 'hello')
    const changesOf = (user: UserId) =>
      heard.get(user)!.flatMap((event) => (event.type === 'changes' ? event.changes : []))
    await until('both are told', () => [fixture.asha, fixture.ben].every((user) => changesOf(user).at(-1)?.to === 1))
    assert.deepEqual(heard.get(fixture.carl), [])
    assert.ok(changesOf(fixture.ben).every(({ conversationId }) => conversationId === conversation.id))
  }))

test('telling goes on after failures of the tables, and tells nothing twice', async () => {
  let isFailing = false
  const faults = {
    before(operation: string) {
      if (isFailing && operation === 'tables.write') throw new Error('EIO')
    },
    after() {},
  }
  await using fixture = new Fixture(openMemory(faults))
  const { clock, acme } = fixture
  await using relay = new OutboxRelay({ scope: () => acme, clock, logger: silentLogger })
  relay.add(acme.tenantId)
  const conversation = await fixture.conversation()
  for (let n = 0; n < 10; n++) await fixture.say(conversation, fixture.asha, `m${n}`)
  await relay.drained(acme.tenantId)
  isFailing = true
  fixture.messaging.fanOut.add(acme)
  await new Promise((resolve) => setTimeout(resolve, 20))
  isFailing = false
  await told(fixture, fixture.ben, 10)
  assert.equal((await allSince(fixture, fixture.ben, start)).texts.length, 10)
})

test('an event that can not be read is passed over, and those behind it are told', () =>
  telling(async (fixture) => {
    const conversation = await fixture.conversation()
    await told(fixture, fixture.ben, 0)
    const log = new EventLog(fixture.acme.log, fixture)
    const whole = { id: conversation.id, conversationId: conversation.id, seq: 'two' }
    const odd = [
      'not JSON',
      'null',
      '{}',
      '[1]',
      '{"type":"koine.message.sent"}',
      '{"type":"koine.from.later","data":7}',
    ]
    odd.push(JSON.stringify({ type: 'koine.message.sent', data: { message: whole } }))
    for (const value of odd) await log.append(messagesTopic, conversation.id, [{ value: Buffer.from(value) }])
    await log.append(messagesTopic, conversation.id, [{ value: null }])
    await fixture.say(conversation, fixture.asha, 'behind')
    await told(fixture, fixture.ben, 1)
  }))

test('of many tenants few begin at once, and all do', async () => {
  await using fixture = new Fixture(openMemory())
  const { clock, randomness, acme } = fixture
  const tenants = Array.from({ length: 100 }, () => tenantIds.make({ clock, randomness }))
  let opening = 0
  let most = 0
  const opened = new Set<string>()
  for (const tenantId of tenants) {
    const touch = async () => {
      if (opened.has(tenantId)) return undefined
      opened.add(tenantId)
      most = Math.max(most, ++opening)
      await new Promise(setImmediate)
      opening--
      return undefined
    }
    const log = Object.assign(Object.create(acme.log), { bounds: touch, topic: touch })
    fixture.messaging.fanOut.add({ ...acme, tenantId, log })
  }
  await until('all have begun', () => opened.size === tenants.length)
  assert.ok(most <= 8, `${most} began at once`)
})
