import { type ConversationId, invariant, type UserId } from '@koine/base'
import type { Attributes, RecordKey, TableRecord } from '@koine/stores-ports'
import { seqKey } from '../records.ts'

/**
 * The layout of users' change logs. Every record carries its format in `v`.
 *
 * | table             | pk   | sk                | attributes                                              |
 * |-------------------|------|-------------------|---------------------------------------------------------|
 * | user-change-heads | user |                   | n last position, o oldest position still held           |
 * | user-changes      | user | position, 16 digits | c conversation, f from seq, t to seq, a at, b whether it begins |
 * | user-told         | user | conversation      | n seq: everything up to it is in the user's log         |
 */
const formatVersion = 1

/** Where a user's log is. Positions count from 1; `oldest` is one more than `last` when it holds none. */
export interface ChangeHead {
  readonly last: number
  readonly oldest: number
}

/** That a conversation has messages from one sequence number to another; none yet where `to` is 0. */
export interface Change {
  readonly position: number
  readonly conversationId: ConversationId
  readonly from: number
  readonly to: number
  /** Whether the log names the conversation for the first time. */
  readonly isNew: boolean
}

export const changeHeadKey = (user: UserId): RecordKey => ({ table: 'user-change-heads', pk: user, sk: '' })
export const changesOf = (user: UserId) => ({ table: 'user-changes', pk: user }) as const
export const changeKey = (user: UserId, position: number): RecordKey => ({ ...changesOf(user), sk: seqKey(position) })
export const toldKey = (user: UserId, conversation: ConversationId): RecordKey => ({
  table: 'user-told',
  pk: user,
  sk: conversation,
})

export const noChanges: ChangeHead = { last: 0, oldest: 1 }

export const encodeChangeHead = ({ last, oldest }: ChangeHead): Attributes => ({ v: formatVersion, n: last, o: oldest })
export function decodeChangeHead(record: TableRecord | undefined): ChangeHead {
  if (!record) return noChanges
  const { n, o } = known(record)
  return { last: n as number, oldest: o as number }
}

export const encodeChange = ({ conversationId, from, to, isNew }: Change, atMs: number): Attributes => ({
  v: formatVersion,
  c: conversationId,
  f: from,
  t: to,
  a: atMs,
  ...(isNew && { b: true }),
})
export function decodeChange(record: TableRecord): Change & { readonly atMs: number } {
  const { c, f, t, a, b = false } = known(record)
  return {
    position: Number(record.key.sk),
    conversationId: c as ConversationId,
    from: f as number,
    to: t as number,
    isNew: b as boolean,
    atMs: a as number,
  }
}

export const encodeTold = (seq: number): Attributes => ({ v: formatVersion, n: seq })
/** -1 when the conversation was never told. */
export const decodeTold = (record: TableRecord | undefined): number => (record ? (known(record)['n'] as number) : -1)

function known(record: TableRecord): Attributes {
  invariant(record.attributes['v'] === formatVersion, `a record of ${record.key.table} has a format of its own`)
  return record.attributes
}
