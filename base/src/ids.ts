import type { Clock } from './clock.ts'
import type { Randomness } from './randomness.ts'

/**
 * Identifiers are TypeIDs (https://github.com/jetify-com/typeid/tree/main/spec): a lower-case prefix, `_`, and a UUIDv7
 * as 26 characters of Crockford base32. They sort by creation time within a prefix and are branded per kind, so that
 * one kind can't be passed for another.
 */
declare const kindOfId: unique symbol
export type Id<Prefix extends string> = string & { readonly [kindOfId]: Prefix }

export type TenantId = Id<'tenant'>
export type UserId = Id<'user'>
export type ApiKeyId = Id<'key'>
export type ConversationId = Id<'conv'>
export type MessageId = Id<'msg'>
export type EventId = Id<'evt'>
export type ConnectionId = Id<'cx'>
export type JobId = Id<'job'>
export type DeviceId = Id<'device'>
export type WebhookEndpointId = Id<'hook'>

export interface IdKind<T extends string> {
  readonly prefix: string
  /** A fresh id, unique and later than those made before it in other milliseconds. */
  make(source: IdSource): T
  /** The text as an id of this kind, or undefined when it isn't one. */
  parse(text: unknown): T | undefined
}

export interface IdSource {
  readonly clock: Pick<Clock, 'now'>
  readonly randomness: Randomness
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const suffixPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/

/** 16 bytes as 26 base32 characters; the first carries three bits. */
function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  // Two zero bits in front make 130 bits, 26 groups of five.
  let bits = 2
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text
}

function uuidV7({ clock, randomness }: IdSource): Uint8Array {
  const bytes = randomness.fill(new Uint8Array(16))
  const now = clock.now()
  const high = Math.floor(now / 0x1_0000)
  bytes[0] = high >>> 24
  bytes[1] = high >>> 16
  bytes[2] = high >>> 8
  bytes[3] = high
  bytes[4] = now >>> 8
  bytes[5] = now
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return bytes
}

function idKind<T extends string>(prefix: string): IdKind<T> {
  const start = `${prefix}_`
  return {
    prefix,
    make: (source) => (start + encodeBase32(uuidV7(source))) as T,
    parse: (text) =>
      typeof text === 'string' && text.startsWith(start) && suffixPattern.test(text.slice(start.length))
        ? (text as T)
        : undefined,
  }
}

export const tenantIds = idKind<TenantId>('tenant')
export const userIds = idKind<UserId>('user')
export const apiKeyIds = idKind<ApiKeyId>('key')
export const conversationIds = idKind<ConversationId>('conv')
export const messageIds = idKind<MessageId>('msg')
export const eventIds = idKind<EventId>('evt')
export const connectionIds = idKind<ConnectionId>('cx')
export const jobIds = idKind<JobId>('job')
export const deviceIds = idKind<DeviceId>('device')
export const webhookEndpointIds = idKind<WebhookEndpointId>('hook')
