import { readByOthers, type Timeline } from './timeline.ts'

/** One bubble. Its key stays when a pending message becomes a sent one, so that it doesn't jump on the screen. */
export interface Entry {
  readonly key: string
  readonly clientMessageId: string
  readonly text: string
  /** ISO 8601. */
  readonly at: string
  readonly state: 'pending' | 'failed' | 'sent' | 'read'
  readonly problem?: string | undefined
}

export interface MessageGroup {
  readonly kind: 'group'
  readonly key: string
  readonly senderId: string
  readonly own: boolean
  readonly entries: readonly Entry[]
}

export type Row =
  | MessageGroup
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | { readonly kind: 'new'; readonly key: string }

/** Messages of one sender further apart than this start a group of their own. */
const groupGapMs = 5 * 60_000

/** Whether two groups look the same, so that only those that changed are drawn again. */
export const sameGroup = (a: MessageGroup, b: MessageGroup): boolean =>
  a.key === b.key &&
  a.entries.length === b.entries.length &&
  a.entries.every(({ key, at, state, problem }, i) => {
    const other = b.entries[i]!
    return key === other.key && at === other.at && state === other.state && problem === other.problem
  })

interface Item extends Entry {
  readonly senderId: string
  readonly startsNew: boolean
}

/**
 * What the list shows, top to bottom: day lines, the "New" line, and groups of one sender's messages.
 * @param dayOf the local calendar day of an ISO time, in any form that differs between days
 */
export function rowsOf(timeline: Timeline, dayOf: (iso: string) => string): readonly Row[] {
  const rows: Row[] = []
  let day: string | undefined
  let group: { senderId: string; entries: Entry[]; lastAt: string } | undefined
  for (const { senderId, startsNew, ...entry } of itemsOf(timeline)) {
    const entryDay = dayOf(entry.at)
    if (entryDay !== day) {
      rows.push({ kind: 'day', key: `day ${entryDay} ${entry.key}`, at: entry.at })
      group = undefined
    }
    if (startsNew) {
      rows.push({ kind: 'new', key: 'new' })
      group = undefined
    }
    day = entryDay
    if (group?.senderId === senderId && Date.parse(entry.at) - Date.parse(group.lastAt) < groupGapMs) {
      group.entries.push(entry)
      group.lastAt = entry.at
      continue
    }
    const entries = [entry]
    group = { senderId, entries, lastAt: entry.at }
    rows.push({ kind: 'group', key: `group ${entry.key}`, senderId, own: senderId === timeline.userId, entries })
  }
  return rows
}

function* itemsOf(timeline: Timeline): Generator<Item> {
  const { userId, dividerSeq } = timeline
  const readSeq = readByOthers(timeline)
  for (const { clientMessageId, senderId, seq, text, sentAt } of timeline.messages) {
    yield {
      key: `${senderId} ${clientMessageId}`,
      clientMessageId,
      text,
      at: sentAt,
      state: seq <= readSeq ? 'read' : 'sent',
      senderId,
      startsNew: seq === dividerSeq,
    }
  }
  for (const { clientMessageId, text, writtenAt, state, problem } of timeline.outgoing) {
    const key = `${userId} ${clientMessageId}`
    yield { key, clientMessageId, text, at: writtenAt, state, problem, senderId: userId, startsNew: false }
  }
}
