import type { ConversationId, MessageId, UserId } from '@koine/base'

/** What a device is told of a conversation: that there is a message, and a little of it. */
export interface PushMessage {
  readonly conversationId: ConversationId
  readonly messageId: MessageId
  readonly seq: number
  readonly senderId: UserId
  /** ISO 8601. */
  readonly sentAt: string
  readonly title: string
  readonly body: string
  /** When it is of no use any more, by the wall clock. */
  readonly expiresAtMs: number
}

/** What became of one push. */
export type PushOutcome =
  /** The provider has taken it. */
  | { readonly kind: 'delivered' }
  /** Nobody has this address any more. `sinceMs`: known to be dead at that time; a later registration is another matter. */
  | { readonly kind: 'dead'; readonly reason: string; readonly sinceMs?: number }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Nothing goes out for the tenant until somebody changes its credentials. */
  | { readonly kind: 'misconfigured'; readonly reason: string }
  /** This message will never be taken. */
  | { readonly kind: 'rejected'; readonly reason: string }

export const previewCharactersMax = 200
export const titleCharactersMax = 100

// Line breaks and other controls, and what turns the direction of the text around it: in one line of a lock screen they
// only serve to deceive.
const unsafe = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** The beginning of a text as a lock screen may show it, of at most so many UTF-16 units. */
export function preview(text: string, charactersMax = previewCharactersMax): string {
  const line = text
    .slice(0, charactersMax * 2)
    .replace(unsafe, ' ')
    .trim()
    .toWellFormed()
  // Not through the middle of a character.
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** What an app needs to open the right place, beside what people read. */
export const pushData = (message: PushMessage) => ({
  conversationId: message.conversationId,
  messageId: message.messageId,
  seq: message.seq,
  senderId: message.senderId,
  sentAt: message.sentAt,
})

export const secondsLeft = (message: PushMessage, nowMs: number): number =>
  Math.max(0, Math.floor((message.expiresAtMs - nowMs) / 1000))
