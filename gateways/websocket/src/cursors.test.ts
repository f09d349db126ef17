import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@koine/base'
import { until } from '@koine/base/testing'
import { encodeChangeCursor } from '@koine/services-messaging'
import { type Faults, OutboxRelay } from '@koine/stores-ports'
import type { RealtimeLimits } from './limits.ts'
import { RealtimeFixture } from './realtime-fixture.ts'

type Pair = Awaited<ReturnType<RealtimeFixture['pair']>>

/** Live events that are lost on their way, as many as are told. */
class Losses implements Faults {
  left = 0

  async before(operation: string): Promise<void> {
    if (operation !== 'cache.publish' || this.left === 0) return
    this.left--
    throw new Error('lost')
  }

  after(): void {}
}

/** A gateway whose events are relayed and told to users. */
async function telling(
  body: (fixture: RealtimeFixture, pair: Pair, losses: Losses) => Promise<void>,
  limits: Partial<RealtimeLimits> = {},
): Promise<void> {
  const losses = new Losses()
  await using fixture = await RealtimeFixture.open({ faults: losses, limits })
  const pair = await fixture.pair()
  const { scope } = pair.asha
  await using relay = new OutboxRelay({ scope: () => scope, clock: fixture.clock, logger: silentLogger })
  relay.add(scope.tenantId)
  fixture.messaging.fanOut.add(scope)
  const moving = setInterval(() => fixture.clock.advance(20), 1)
  try {
    await body(fixture, pair, losses)
  } finally {
    clearInterval(moving)
    await fixture.messaging.fanOut.remove(scope.tenantId)
  }
}

const sayer =
  (fixture: RealtimeFixture, { asha, conversation }: Pair) =>
  (text: string) =>
    fixture.messaging.send(asha.scope, {
      conversationId: conversation.id,
      senderId: asha.id,
      clientMessageId: text,
      text,
    })

test('a client is told how far it has everything, and gets what came since with its cursor', () =>
  telling(async (fixture, pair) => {
    const say = sayer(fixture, pair)
    const { token } = pair.ben
    const first = await fixture.client()
    first.send({ type: 'connect', token })
    await first.next('caughtUp')
    await say('one')
    await first.next('message')
    const { cursor } = await first.next('cursor')
    first.socket.terminate()
    await say('two')
    await say('three')
    const second = await fixture.client()
    second.send({ type: 'connect', token, cursor })
    // What its log hasn't been told yet comes a moment later.
    const texts = [(await second.next('message')).message.text, (await second.next('message')).message.text]
    assert.deepEqual(texts, ['two', 'three'])
    assert.ok(second.frames.every((frame) => frame.type !== 'conversation'))
  }))

test('a message whose live event is lost comes all the same', () =>
  telling(async (fixture, pair, losses) => {
    const say = sayer(fixture, pair)
    const client = await fixture.client()
    client.send({ type: 'connect', token: pair.ben.token })
    await client.next('caughtUp')
    losses.left = 2
    await say('lost')
    assert.equal((await client.next('message')).message.text, 'lost')
    assert.equal(losses.left, 0)
    await say('live')
    assert.equal((await client.next('message')).message.text, 'live')
  }))

test('a cursor that the log is past, or of nobody, is answered as documented', () =>
  telling(async (fixture, pair) => {
    const { asha, ben } = pair
    const future = encodeChangeCursor(ben.id, { position: 1e9, seq: 0 })
    const client = await fixture.client()
    client.send({ type: 'connect', token: ben.token, cursor: future })
    const caughtUp = await client.next('caughtUp')
    assert.equal(caughtUp.reset, true)
    assert.ok(caughtUp.cursor)
    const foreign = encodeChangeCursor(asha.id, { position: 1, seq: 0 })
    const refused = await client.answer({ type: 'catchUp', ref: '1', cursor: foreign })
    assert.equal(refused.type === 'error' && refused.code, 'invalid_request')
    const thief = await fixture.client()
    thief.send({ type: 'connect', token: ben.token, cursor: foreign })
    assert.equal((await thief.closed()).code, 4500)
  }))

test('a message that the log is told of while the catch-up reads comes all the same', () =>
  telling(async (fixture, pair) => {
    const { messaging } = fixture
    const { id, scope } = pair.ben
    const ending = async () => (await messaging.changesEnd(scope, id)).position
    await until('the conversation is told', async () => (await ending()) > 0)
    await messaging.fanOut.remove(scope.tenantId)
    const cursor = encodeChangeCursor(id, await messaging.changesEnd(scope, id))
    await sayer(fixture, pair)('said before')
    const read = messaging.changesSince.bind(messaging)
    let isTold = false
    messaging.changesSince = async (...wish) => {
      const page = await read(...wish)
      if (!isTold) {
        const { promise, resolve } = Promise.withResolvers<void>()
        await using _listening = await messaging.subscribe(scope, id, ({ type }) => type === 'changes' && resolve())
        messaging.fanOut.add(scope)
        await promise
      }
      isTold = true
      return page
    }
    const client = await fixture.client()
    client.send({ type: 'connect', token: pair.ben.token, cursor })
    assert.equal((await client.next('message')).message.text, 'said before')
  }))

test('a client that is behind is told no cursor before it has caught up', () =>
  telling(
    async (fixture, pair) => {
      const say = sayer(fixture, pair)
      for (let n = 0; n < 5; n++) {
        await say(`m${n}`)
        const told = async () => (await fixture.messaging.changesEnd(pair.ben.scope, pair.ben.id)).position
        await until('it is told', async () => (await told()) >= n + 1)
      }
      const client = await fixture.client()
      client.send({ type: 'connect', token: pair.ben.token })
      await client.next('caughtUp')
      await say('live')
      await client.next('message')
      const from = encodeChangeCursor(pair.ben.id, { position: 0, seq: 0 })
      const page = await client.answer({ type: 'catchUp', ref: '1', cursor: from })
      assert.equal(page.type === 'caughtUp' && page.hasMore, true)
      const seen = client.frames.length
      for (let n = 0; n < 3; n++) await say(`later${n}`)
      await until('all is pushed', () => client.seqs.includes(9))
      await until('time has passed', hasPassed(fixture, 3000))
      assert.deepEqual(
        client.frames.slice(seen).filter(({ type }) => type === 'cursor'),
        [],
      )
    },
    { catchUpMessages: 2 },
  ))

const hasPassed = ({ clock }: RealtimeFixture, ms: number) => {
  const endMs = clock.monotonic() + ms
  return () => clock.monotonic() >= endMs
}
