import type { Message } from '../api/ports.ts'

/** A message that was written here and isn't acknowledged yet. */
interface Outgoing {
  readonly clientMessageId: string
  readonly text: string
  /** ISO 8601, this device's time. */
  readonly writtenAt: string
  readonly state: 'pending' | 'failed'
  /** Why it failed, for the reader. */
  readonly problem?: string
}

/** One conversation as one of its members sees it. */
export interface Timeline {
  readonly userId: string
  /** Ascending by seq, each seq once. */
  readonly messages: readonly Message[]
  /** In the order of writing; they stand after the messages. */
  readonly outgoing: readonly Outgoing[]
  readonly hasOlder: boolean
  /** Up to which seq each member has read, as far as is known here. */
  readonly readSeqs: Readonly<Record<string, number>>
  /** The first message that came while nobody looked: the "New" line stands before it. */
  readonly dividerSeq?: number | undefined
}

export type TimelineChange =
  | { readonly type: 'loaded'; readonly messages: readonly Message[]; readonly hasOlder?: boolean }
  | { readonly type: 'arrived'; readonly message: Message }
  | { readonly type: 'written'; readonly outgoing: Outgoing }
  | { readonly type: 'failed'; readonly clientMessageId: string; readonly problem: string }
  | { readonly type: 'retried'; readonly clientMessageId: string }
  | { readonly type: 'discarded'; readonly clientMessageId: string }
  | { readonly type: 'read'; readonly userId: string; readonly seq: number }
  | { readonly type: 'divided'; readonly seq: number | undefined }

/** A page holds so many messages of a conversation; past it the oldest leave and can be loaded again. */
export const messagesHeldMax = 2000

export const emptyTimeline = (userId: string): Timeline => ({
  userId,
  messages: [],
  outgoing: [],
  hasOlder: false,
  readSeqs: {},
})

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
export function reduceTimeline(timeline: Timeline, change: TimelineChange): Timeline {
  switch (change.type) {
    case 'loaded':
      return { ...withMessages(timeline, change.messages), hasOlder: change.hasOlder ?? timeline.hasOlder }
    case 'arrived':
      return trimmed(withMessages(timeline, [change.message]))
    case 'written':
      return { ...timeline, outgoing: [...timeline.outgoing, change.outgoing], dividerSeq: undefined }
    case 'failed':
      return withOutgoing(timeline, change.clientMessageId, (o) => ({ ...o, state: 'failed', problem: change.problem }))
    case 'retried':
      return withOutgoing(timeline, change.clientMessageId, ({ clientMessageId, text, writtenAt }) => ({
        clientMessageId,
        text,
        writtenAt,
        state: 'pending',
      }))
    case 'discarded':
      return { ...timeline, outgoing: timeline.outgoing.filter((o) => o.clientMessageId !== change.clientMessageId) }
    case 'read':
      return { ...timeline, readSeqs: raised(timeline.readSeqs, change.userId, change.seq) }
    case 'divided':
      return { ...timeline, dividerSeq: change.seq }
  }
}

/** The lowest seq after which messages are missing between those held, or undefined when there is no hole. */
export function gapAfter(timeline: Timeline): number | undefined {
  const { messages } = timeline
  for (let i = 1; i < messages.length; i++) {
    if (messages[i]!.seq !== messages[i - 1]!.seq + 1) return messages[i - 1]!.seq
  }
  return undefined
}

export const canLoadOlder = (timeline: Timeline): boolean =>
  timeline.hasOlder && timeline.messages.length < messagesHeldMax

export const lastSeq = (timeline: Timeline): number => timeline.messages.at(-1)?.seq ?? 0

/** How many messages of others this member has not read. */
export function unreadCount(timeline: Timeline): number {
  const read = timeline.readSeqs[timeline.userId] ?? 0
  return timeline.messages.filter((m) => m.seq > read && m.senderId !== timeline.userId).length
}

/** Up to which message any other member has read. */
export const readByOthers = ({ readSeqs, userId }: Timeline): number =>
  Math.max(0, ...Object.keys(readSeqs).map((member) => (member === userId ? 0 : readSeqs[member]!)))

function withMessages(timeline: Timeline, added: readonly Message[]): Timeline {
  if (added.length === 0) return timeline
  const own = new Set(added.filter((m) => m.senderId === timeline.userId).map((m) => m.clientMessageId))
  return {
    ...timeline,
    messages: mergedBySeq(timeline.messages, added),
    outgoing: timeline.outgoing.filter((o) => !own.has(o.clientMessageId)),
    // Who answers has seen what came before.
    readSeqs: added.reduce((seqs, m) => raised(seqs, m.senderId, m.seq), timeline.readSeqs),
  }
}

function mergedBySeq(held: readonly Message[], added: readonly Message[]): readonly Message[] {
  const next = added[0]!
  if (added.length === 1 && next.seq > (held.at(-1)?.seq ?? 0)) return [...held, next]
  const bySeq = new Map(held.map((m) => [m.seq, m]))
  for (const message of added) if (!bySeq.has(message.seq)) bySeq.set(message.seq, message)
  if (bySeq.size === held.length) return held
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

function trimmed(timeline: Timeline): Timeline {
  if (timeline.messages.length <= messagesHeldMax) return timeline
  return { ...timeline, messages: timeline.messages.slice(-messagesHeldMax), hasOlder: true }
}

function withOutgoing(timeline: Timeline, clientMessageId: string, change: (o: Outgoing) => Outgoing): Timeline {
  return {
    ...timeline,
    outgoing: timeline.outgoing.map((o) => (o.clientMessageId === clientMessageId ? change(o) : o)),
  }
}

const raised = (seqs: Timeline['readSeqs'], userId: string, seq: number): Timeline['readSeqs'] =>
  (seqs[userId] ?? 0) >= seq ? seqs : { ...seqs, [userId]: seq }
