import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConversationId, UserId } from '@koine/base'
import type { Attributes } from '@koine/stores-ports'
import { Fixture, openMemory, refusal } from './testing/messaging-fixture.ts'

const conversation = 'conv_01h455vb4pex5vsknk084sn02q' as ConversationId
const asha = 'user_01h455vb4pex5vsknk084sn02q' as UserId
const ben = 'user_01h455vb4pex5vsknk084sn02r' as UserId

/** What format 1 wrote for a pair with one message, letter by letter: it has to stay readable. */
const formatOne: [table: string, pk: string, sk: string, attributes: Attributes][] = [
  ['conversations', conversation, '', { v: 1, k: 'direct', m: [asha, ben], a: 1_700_000_000_000 }],
  ['conversation-heads', conversation, '', { v: 1, n: 1, a: 1_700_000_001_000 }],
  ['direct-conversations', `${asha} ${ben}`, '', { v: 1, c: conversation }],
  ['memberships', asha, conversation, { v: 1, a: 1_700_000_000_000 }],
  ['memberships', ben, conversation, { v: 1, a: 1_700_000_000_000 }],
  ['messages', conversation, '0000000000000001', messageAttributes(1)],
  ['sent-messages', conversation, `${asha} c-1`, { v: 1, n: 1 }],
  ['read-positions', conversation, asha, { v: 1, n: 1 }],
]

function messageAttributes(v: number): Attributes {
  return { v, i: 'msg_01h455vb4pex5vsknk084sn02q', s: asha, c: 'c-1', t: 'hello', a: 1_700_000_001_000 }
}

async function withRecords(): Promise<Fixture> {
  const at = new Fixture(openMemory())
  const operations = formatOne.map(([table, pk, sk, attributes]) => ({ put: { table, pk, sk }, attributes }))
  await at.acme.tables.write({ operations })
  return at
}

test('records of format 1 are read, and new ones are written beside them', async () => {
  await using at = await withRecords()
  const { messaging, acme } = at
  const first = {
    id: 'msg_01h455vb4pex5vsknk084sn02q',
    conversationId: conversation,
    seq: 1,
    senderId: asha,
    clientMessageId: 'c-1',
    text: 'hello',
    sentAt: '2023-11-14T22:13:21.000Z',
  }
  const repeated = { conversationId: conversation, senderId: asha, clientMessageId: 'c-1', text: 'hello' }
  assert.deepEqual(await messaging.send(acme, repeated), first)
  const answer = await messaging.send(acme, { ...repeated, senderId: ben, text: 'hi' })
  assert.deepEqual((await messaging.history(acme, ben, conversation, { limit: 9 })).messages, [first, answer])
  const { entries } = await messaging.inbox(acme, asha, { limit: 9 })
  assert.deepEqual(entries, [
    {
      conversation: {
        id: conversation,
        kind: 'direct',
        members: [asha, ben],
        createdAt: '2023-11-14T22:13:20.000Z',
        lastSeq: 2,
      },
      lastMessage: answer,
      readSeq: 1,
      unread: 1,
    },
  ])
})

test('a record of a later format is refused, not misread', async () => {
  await using at = await withRecords()
  const put = { table: 'messages', pk: conversation, sk: '0000000000000001' }
  await at.acme.tables.write({ operations: [{ put, attributes: messageAttributes(2) }] })
  assert.equal(await refusal(at.messaging.history(at.acme, asha, conversation, { limit: 9 })), 'internal')
})

test('a hole in the sequence is an error, never shown as a conversation', async () => {
  await using at = await withRecords()
  const { messaging, acme } = at
  const send = (name: string): Promise<unknown> =>
    messaging.send(acme, { conversationId: conversation, senderId: ben, clientMessageId: name, text: 'x' })
  await send('a')
  await send('b')
  await acme.tables.write({
    operations: [{ delete: { table: 'messages', pk: conversation, sk: '0000000000000002' } }],
  })
  assert.equal(await refusal(messaging.history(acme, asha, conversation, { limit: 9 })), 'internal')
  assert.equal(await refusal(messaging.history(acme, asha, conversation, { after: 1, limit: 9 })), 'internal')
})
