import { invariant } from '@koine/base'
import { tableLimits } from '@koine/stores-ports'

export interface MessagingLimits {
  /** UTF-8 bytes of a message's text. */
  readonly textBytesMax: number
  readonly membersMax: number
  /** Sends of this process that are not answered yet; over it, `overloaded`. */
  readonly sendsInProgressMax: number
  /** Of one tenant, so that a flood leaves room for the others. */
  readonly sendsInProgressPerTenantMax: number
  /** The texts of sends in progress together. */
  readonly sendsInProgressBytesMax: number
  /** Sends that wait in one conversation; over it, `overloaded`. */
  readonly sendsPerConversationMax: number
  /** Tries of one commit before its sends are refused, with about 0.6 s of waiting between the first and the eighth. */
  readonly commitAttemptsMax: number
  /** Messages of a page of history or catch-up; a higher wish gets a page of this length. */
  readonly pageMessagesMax: number
  /** About the bytes of a page of catch-up. */
  readonly pageBytesMax: number
  /** Inbox entries of a page; a higher wish gets a page of this length. */
  readonly inboxEntriesMax: number
  /** Conversations whose members this process remembers, counted in members. */
  readonly rememberedMembersMax: number
  /** In larger conversations, read positions are told to one's own devices only. */
  readonly readReceiptMembersMax: number
  /** Changes that a user's log holds; a device that is further behind starts over from the inbox. */
  readonly userChangesMax: number
  /** Live events on their way to the cache; over it, they are dropped: clients repair gaps through history. */
  readonly publishesInProgressMax: number
}

export const defaultLimits: MessagingLimits = {
  textBytesMax: 64 * 1024,
  membersMax: 1000,
  sendsInProgressMax: 50_000,
  sendsInProgressPerTenantMax: 20_000,
  sendsInProgressBytesMax: 256 * 1024 * 1024,
  sendsPerConversationMax: 5000,
  commitAttemptsMax: 8,
  pageMessagesMax: 500,
  pageBytesMax: 1024 * 1024,
  inboxEntriesMax: tableLimits.getManyKeys,
  rememberedMembersMax: 200_000,
  readReceiptMembersMax: 100,
  userChangesMax: 10_000,
  publishesInProgressMax: 100_000,
}

/** JSON writes a control character as six bytes; the rest of an event takes under 2 KB. */
export const eventBytesMax = (textBytes: number): number => textBytes * 6 + 2048

export function withDefaultLimits(limits: Partial<MessagingLimits> = {}): MessagingLimits {
  const all = { ...defaultLimits, ...limits }
  invariant(
    eventBytesMax(all.textBytesMax) <= tableLimits.recordBytes,
    `textBytesMax ${all.textBytesMax} makes events that are larger than a record may be`,
  )
  invariant(all.inboxEntriesMax <= tableLimits.getManyKeys, 'a page of the inbox is read at once')
  return all
}
