import { type ConversationId, invariant, KoineError, type MessageId, type UserId } from '@koine/base'
import type { Attributes, RecordKey, TableRecord } from '@koine/stores-ports'
import type { ConversationKind, Message } from './conversation.ts'

/**
 * The layout of messaging's records. Attribute names are single letters because five records are written for each
 * message. Every record carries its format in `v`; a reader refuses a format that it doesn't know.
 *
 * | table                | pk              | sk                             | attributes                                    |
 * |----------------------|-----------------|--------------------------------|-----------------------------------------------|
 * | conversations        | conversation    |                                | k kind, m members, a made at                  |
 * | conversation-heads   | conversation    |                                | n last seq, a at                              |
 * | direct-conversations | user < user     |                                | c conversation                                |
 * | memberships          | user            | conversation                   | a made at                                     |
 * | messages             | conversation    | seq, 16 digits                 | i id, s sender, c client message id, t text, a at |
 * | sent-messages        | conversation    | sender, space, client message id | n seq                                       |
 * | read-positions       | conversation    | user                           | n seq                                         |
 */
const formatVersion = 1

/** What never changes about a conversation. Its members are in one record: 1,000 ids take 32 KB. */
export interface ConversationFacts {
  readonly id: ConversationId
  readonly kind: ConversationKind
  readonly members: readonly UserId[]
  readonly createdAtMs: number
}

/** What each message changes. */
export interface ConversationHead {
  readonly lastSeq: number
  /** When the last message was sent, or the conversation was made. */
  readonly activeAtMs: number
}

const seqDigits = 16

export const seqKey = (seq: number): string => String(seq).padStart(seqDigits, '0')

export const conversationKey = (id: ConversationId): RecordKey => ({ table: 'conversations', pk: id, sk: '' })
export const headKey = (id: ConversationId): RecordKey => ({ table: 'conversation-heads', pk: id, sk: '' })
export const messageKey = (id: ConversationId, seq: number): RecordKey => ({
  table: 'messages',
  pk: id,
  sk: seqKey(seq),
})
export const membershipKey = (user: UserId, conversation: ConversationId): RecordKey => ({
  table: 'memberships',
  pk: user,
  sk: conversation,
})
export const readPositionKey = (conversation: ConversationId, user: UserId): RecordKey => ({
  table: 'read-positions',
  pk: conversation,
  sk: user,
})
export const directKey = (one: UserId, other: UserId): RecordKey => ({
  table: 'direct-conversations',
  pk: one < other ? `${one} ${other}` : `${other} ${one}`,
  sk: '',
})

/** Names a send within its conversation, whoever repeats it. */
export const sentName = (sender: UserId, clientMessageId: string): string => `${sender} ${clientMessageId}`
export const sentKey = (conversation: ConversationId, name: string): RecordKey => ({
  table: 'sent-messages',
  pk: conversation,
  sk: name,
})

export const encodeFacts = (facts: ConversationFacts): Attributes => ({
  v: formatVersion,
  k: facts.kind,
  m: facts.members,
  a: facts.createdAtMs,
})

export function decodeFacts(record: TableRecord): ConversationFacts {
  const { k, m, a } = known(record)
  return {
    id: record.key.pk as ConversationId,
    kind: k as ConversationKind,
    members: m as readonly UserId[],
    createdAtMs: a as number,
  }
}

export const encodeHead = (head: ConversationHead): Attributes => ({
  v: formatVersion,
  n: head.lastSeq,
  a: head.activeAtMs,
})

export function decodeHead(record: TableRecord): ConversationHead {
  const { n, a } = known(record)
  return { lastSeq: n as number, activeAtMs: a as number }
}

export const encodeMessage = (message: Message, sentAtMs: number): Attributes => ({
  v: formatVersion,
  i: message.id,
  s: message.senderId,
  c: message.clientMessageId,
  t: message.text,
  a: sentAtMs,
})

export function decodeMessage(record: TableRecord): Message {
  const { i, s, c, t, a } = known(record)
  return {
    id: i as MessageId,
    conversationId: record.key.pk as ConversationId,
    seq: Number(record.key.sk),
    senderId: s as UserId,
    clientMessageId: c as string,
    text: t as string,
    sentAt: new Date(a as number).toISOString(),
  }
}

/** A record that holds a sequence number only: a sent message's name, or a read position. */
export const encodeSeq = (seq: number): Attributes => ({ v: formatVersion, n: seq })
export const decodeSeq = (record: TableRecord): number => known(record)['n'] as number

export const encodeMembership = (createdAtMs: number): Attributes => ({ v: formatVersion, a: createdAtMs })
export const membershipConversation = (record: TableRecord): ConversationId => record.key.sk as ConversationId

export const encodeDirect = (conversation: ConversationId): Attributes => ({ v: formatVersion, c: conversation })
export const decodeDirect = (record: TableRecord): ConversationId => known(record)['c'] as ConversationId

/** The attributes of a record in a format that this program reads. */
function known(record: TableRecord): Attributes {
  const { v } = record.attributes
  invariant(typeof v === 'number', `a record of ${record.key.table} carries no format version`)
  if (v > formatVersion) {
    throw new KoineError(
      'internal',
      `A record of ${record.key.table} has format ${v}; this program reads ${formatVersion}.`,
    )
  }
  return record.attributes
}
