import { type ConversationId, type EventId, eventIds, KoineError, type MessageId, type UserId } from '@koine/base'
import type { MessageFacts } from './conversations.ts'

/** A platform event (CloudEvents 1.0 in JSON) as far as notify looks at it. */
export interface PlatformEvent {
  readonly id: EventId
  readonly type: string
  /** What it is about: events of one subject stay in order. */
  readonly subject: string
  readonly timeMs: number
  /** The event as it stands in the log. */
  readonly body: string
}

const typePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/
const subjectCharactersMax = 200

/** Errors: `invalid_request` for what isn't an event of the platform. */
export function eventOf(body: string): PlatformEvent {
  const { id, type, subject, time } = membersOf(body)
  const known = eventIds.parse(id)
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN
  const isNamed = typeof type === 'string' && typePattern.test(type)
  const isPlaced = typeof subject === 'string' && subject !== '' && subject.length <= subjectCharactersMax
  if (known && isNamed && isPlaced && !subject.includes('\0') && subject.isWellFormed() && !Number.isNaN(timeMs)) {
    return { id: known, type, subject, timeMs, body }
  }
  throw new KoineError('invalid_request', 'It is not a CloudEvent with id, type, subject and time.')
}

const messageSentType = 'koine.message.sent'

/** The message that an event tells of, or undefined when it tells of something else. */
export function messageOf(event: PlatformEvent): MessageFacts | undefined {
  if (event.type !== messageSentType) return undefined
  const { data } = membersOf(event.body)
  const message = (data as { message?: Partial<MessageFacts> } | undefined)?.message
  const { id, conversationId, seq, senderId, text, sentAt } = message ?? {}
  const texts = [id, conversationId, senderId, text, sentAt]
  if (!texts.every((member) => typeof member === 'string') || !Number.isSafeInteger(seq)) return undefined
  return {
    id: id as MessageId,
    conversationId: conversationId as ConversationId,
    seq: seq!,
    senderId: senderId as UserId,
    text: text!,
    sentAt: sentAt!,
  }
}

function membersOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told by whoever misses the members.
  }
  return {}
}
