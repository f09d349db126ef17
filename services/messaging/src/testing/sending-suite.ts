import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversationIds } from '@koine/base'
import { Fixture, refusal } from './messaging-fixture.ts'
import type { Open } from './messaging-suite.ts'

export function sendingTests(open: Open): void {
  test('messages are numbered from one without gaps, in the order of sending', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const sent = []
    for (const text of ['one', 'two', 'three']) sent.push(await at.say(pair, at.asha, text))
    assert.deepEqual(
      sent.map(({ seq }) => seq),
      [1, 2, 3],
    )
    assert.deepEqual((await at.messaging.history(at.acme, at.ben, pair.id, { limit: 10 })).messages, sent)
    assert.equal((await at.messaging.conversation(at.acme, at.ben, pair.id)).lastSeq, 3)
  })

  test('sends at once from several nodes get every number once, and their events the same order', async () => {
    await using at = new Fixture(await open())
    const group = await at.conversation('group', [at.asha, at.ben, at.carl])
    const nodes = [at.messaging, at.node(), at.node()]
    const names = Array.from({ length: 90 }, (_, n) => `m${n}`)
    const sent = await Promise.all(
      names.map((name, n) =>
        nodes[n % 3]!.send(at.acme, {
          conversationId: group.id,
          senderId: [at.asha, at.ben, at.carl][n % 3]!,
          clientMessageId: name,
          text: name,
        }),
      ),
    )
    const bySeq = sent.toSorted((a, b) => a.seq - b.seq)
    assert.deepEqual(
      bySeq.map(({ seq }) => seq),
      names.map((_, n) => n + 1),
    )
    const { messages } = await at.messaging.history(at.acme, at.ben, group.id, { limit: 500 })
    assert.deepEqual(messages, bySeq)
    const events = (await at.acme.tables.outbox.pending(1000)).slice(1).map(({ body }) => JSON.parse(body))
    assert.deepEqual(
      events.map(({ data }) => data.message),
      bySeq,
    )
  })

  test('sends of one turn keep their order', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const names = Array.from({ length: 100 }, (_, n) => `m${n}`)
    await Promise.all(names.map((name) => at.say(pair, at.asha, name)))
    assert.deepEqual(await at.texts(pair), names)
  })

  test('a repeated send answers the same message, at once or later, here or on another node', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const [first, second] = await Promise.all([at.say(pair, at.asha, 'a'), at.say(pair, at.asha, 'a')])
    assert.deepEqual(second, first)
    await at.say(pair, at.ben, 'b')
    assert.deepEqual(await at.say(pair, at.asha, 'a'), first)
    const again = { conversationId: pair.id, senderId: at.asha, clientMessageId: 'a', text: 'a' }
    assert.deepEqual(await at.node().send(at.acme, again), first)
    assert.deepEqual(await at.texts(pair), ['a', 'b'])
  })

  test('a clientMessageId is refused with another text, and free for another sender or conversation', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const group = await at.conversation('group')
    const [, together] = await Promise.allSettled([
      at.say(pair, at.asha, 'x', 'one'),
      at.say(pair, at.asha, 'x', 'two'),
    ])
    assert.equal(together.status, 'rejected')
    assert.equal(await refusal(at.say(pair, at.asha, 'x', 'three')), 'client_message_id_reused')
    assert.equal((await at.say(pair, at.ben, 'x', 'two')).seq, 2)
    assert.equal((await at.say(group, at.asha, 'x', 'two')).seq, 1)
    assert.deepEqual(await at.texts(pair), ['one', 'two'])
  })

  test('a repeat does not hold up the new sends beside it', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    await at.say(pair, at.asha, 'old')
    const outcomes = await Promise.allSettled([
      at.say(pair, at.ben, 'new'),
      at.say(pair, at.asha, 'old', 'changed'),
      at.say(pair, at.asha, 'old'),
      at.say(pair, at.ben, 'newer'),
    ])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.deepEqual(await at.texts(pair), ['old', 'new', 'newer'])
  })

  test('each message commits with one CloudEvent', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const message = await at.say(pair, at.asha, 'id', 'quoted "text" — with\nlines, \u0000 and 🦉')
    const [, pending] = await at.acme.tables.outbox.pending(10)
    assert.equal(pending!.id, `evt_${message.id.slice('msg_'.length)}`)
    assert.deepEqual(JSON.parse(pending!.body), {
      specversion: '1.0',
      id: pending!.id,
      source: `/tenants/${at.acme.tenantId}/messaging`,
      type: 'koine.message.sent',
      subject: pair.id,
      time: message.sentAt,
      datacontenttype: 'application/json',
      data: { message },
    })
  })

  test('a text may be as large as the limit, whatever it holds', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const limit = 64 * 1024
    for (const [n, text] of ['\u0001'.repeat(limit), '🦉'.repeat(limit / 4), 'é'.repeat(limit / 2)].entries()) {
      assert.equal((await at.say(pair, at.asha, `large ${n}`, text)).text, text)
    }
    const many = Array.from({ length: 12 }, (_, n) => at.say(pair, at.ben, `many ${n}`, '\u0001'.repeat(limit)))
    assert.equal((await Promise.all(many)).at(-1)!.seq, 15)
  })

  test('texts and names that cannot be are refused', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const check = async (clientMessageId: unknown, text: unknown, code: string): Promise<void> => {
      const call = at.say(pair, at.asha, clientMessageId as string, text as string)
      assert.equal(await refusal(call), code, JSON.stringify([clientMessageId, String(text).slice(0, 9)]))
    }
    await check('large', 'x'.repeat(64 * 1024 + 1), 'too_large')
    await check('large', 'é'.repeat(32 * 1024 + 1), 'too_large')
    await check('huge', 'x'.repeat(10_000_000), 'too_large')
    await check('empty', '', 'invalid_request')
    await check('none', null, 'invalid_request')
    await check('surrogate', 'half of an owl: \ud83e', 'invalid_request')
    await check('', 'text', 'invalid_request')
    await check('n'.repeat(129), 'text', 'invalid_request')
    await check('line\nbreak', 'text', 'invalid_request')
    await check('nul\0', 'text', 'invalid_request')
    await check('ümlaut', 'text', 'invalid_request')
    await check(17, 'text', 'invalid_request')
    assert.deepEqual(await at.texts(pair), [])
  })

  test('only members send, and only within the tenant', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const send = (scope = at.acme, senderId = at.asha, conversationId = pair.id): Promise<unknown> =>
      at.messaging.send(scope, { conversationId, senderId, clientMessageId: 'x', text: 'x' })
    assert.equal(await refusal(send(at.acme, at.carl)), 'not_found')
    assert.equal(await refusal(send(at.globex)), 'not_found')
    assert.equal(await refusal(send(at.acme, at.asha, conversationIds.make(at))), 'not_found')
    assert.equal(await refusal(send(at.acme, at.asha, 'conv_nonsense' as typeof pair.id)), 'not_found')
    assert.deepEqual(await at.texts(pair), [])
  })

  test('more sends in progress than the limit are refused as overloaded, and the others are stored', async () => {
    await using at = new Fixture(await open(), { sendsInProgressMax: 10 })
    const pair = await at.conversation()
    const outcomes = await Promise.allSettled(Array.from({ length: 25 }, (_, n) => at.say(pair, at.asha, `m${n}`)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 10)
    assert.equal((await at.texts(pair)).length, 10)
    assert.equal((await at.say(pair, at.asha, 'later')).seq, 11)
  })

  test('a tenant that sends more than its share leaves room for the others', async () => {
    await using at = new Fixture(await open(), { sendsInProgressPerTenantMax: 3 })
    const pair = await at.conversation()
    const [dina, eli] = [at.user(at.globex), at.user(at.globex)]
    const wish = { kind: 'direct' as const, members: [dina, eli] }
    const { id: conversationId } = await at.messaging.createConversation(at.globex, wish)
    const sends = Array.from({ length: 4 }, (_, n) => at.say(pair, at.asha, `m${n}`))
    const beside = at.messaging.send(at.globex, { conversationId, senderId: dina, clientMessageId: 'x', text: 'x' })
    const codes = await Promise.all(sends.map((send) => send.then(() => 'sent', refusalCode)))
    assert.deepEqual(codes, ['sent', 'sent', 'sent', 'overloaded'])
    assert.equal((await beside).seq, 1)
  })

  test('one conversation can not hold more waiting sends than its share', async () => {
    await using at = new Fixture(await open(), { sendsPerConversationMax: 5 })
    const pair = await at.conversation()
    const group = await at.conversation('group')
    const sends = Array.from({ length: 8 }, (_, n) => at.say(pair, at.asha, `m${n}`))
    const beside = at.say(group, at.asha, 'beside')
    const codes = await Promise.all(sends.map((send) => send.then(() => 'sent', refusalCode)))
    assert.deepEqual(codes, ['sent', 'sent', 'sent', 'sent', 'sent', 'overloaded', 'overloaded', 'overloaded'])
    assert.equal((await beside).seq, 1)
  })

  test('the bytes of sends in progress are bounded too', async () => {
    await using at = new Fixture(await open(), { sendsInProgressBytesMax: 100_000 })
    const pair = await at.conversation()
    const sends = Array.from({ length: 3 }, (_, n) => at.say(pair, at.asha, `m${n}`, 'x'.repeat(40_000)))
    const codes = await Promise.all(sends.map((send) => send.then(() => 'sent', refusalCode)))
    assert.deepEqual(codes, ['sent', 'sent', 'overloaded'])
  })

  test('closing waits for what was accepted and takes no more', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const node = at.node()
    const send = (clientMessageId: string): Promise<unknown> =>
      node.send(at.acme, { conversationId: pair.id, senderId: at.asha, clientMessageId, text: 'x' })
    const sends = Array.from({ length: 30 }, (_, n) => send(`m${n}`))
    const closed = node[Symbol.asyncDispose]()
    assert.equal(await refusal(send('late')), 'unavailable')
    await closed
    assert.equal((await at.texts(pair)).length, 30)
    await Promise.all(sends)
  })

  test('metrics count messages, repeats and refusals', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    await at.say(pair, at.asha, 'a')
    await at.say(pair, at.asha, 'a')
    await refusal(at.say(pair, at.asha, 'a', 'b'))
    await refusal(at.say(pair, at.carl, 'c'))
    const text = await at.metrics.text()
    assert.match(text, /^koine_messaging_sends_total 1$/m)
    assert.match(text, /^koine_messaging_duplicates_total 1$/m)
    assert.match(text, /^koine_messaging_refusals_total\{code="client_message_id_reused"\} 1$/m)
    assert.match(text, /^koine_messaging_refusals_total\{code="not_found"\} 1$/m)
    assert.match(text, /^koine_messaging_sends_in_progress 0$/m)
  })
}

const refusalCode = (thrown: { code: string }): string => thrown.code
