import { type ConversationId, KoineError, type UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Message } from './conversation.ts'
import { checkWhole } from './input-checks.ts'
import type { KnownConversations } from './known-conversations.ts'
import { decodeMessage, seqKey } from './records.ts'

export interface HistoryRange {
  /** Only messages with a higher sequence number: the page starts there and goes on upward. */
  readonly after?: number
  /** Only messages with a lower one. Without `after`, the page ends there; without both, at the latest message. */
  readonly before?: number
  /** At least 1; a page may be shorter and still have more behind it. */
  readonly limit: number
}

export interface HistoryPage {
  /** Ascending by sequence number. */
  readonly messages: readonly Message[]
  /** Whether the range holds more: later ones with `after`, earlier ones without. */
  readonly hasMore: boolean
}

export class History {
  readonly #known: KnownConversations
  readonly #messagesMax: number

  constructor(o: { known: KnownConversations; messagesMax: number }) {
    this.#known = o.known
    this.#messagesMax = o.messagesMax
  }

  /** Errors: `not_found` (unknown, or not a member), `invalid_request` (not whole numbers). */
  async page(scope: TenantScope, reader: UserId, id: ConversationId, range: HistoryRange): Promise<HistoryPage> {
    const { after, before } = range
    checkWhole('limit', range.limit, 1)
    if (after !== undefined) checkWhole('after', after, 0)
    if (before !== undefined) checkWhole('before', before, 0)
    await this.#known.ofMember(scope, id, reader)
    const limit = Math.min(range.limit, this.#messagesMax)
    return after === undefined
      ? this.#latest(scope, id, { before, limit })
      : this.following(scope, id, { after, before, limit })
  }

  /** The messages after a sequence number, without asking who reads. */
  async following(
    scope: TenantScope,
    id: ConversationId,
    { after, before, limit }: { after: number; before?: number | undefined; limit: number },
  ): Promise<HistoryPage> {
    const { records, cursor } = await scope.tables.query({
      table: 'messages',
      pk: id,
      from: seqKey(after + 1),
      ...(before !== undefined && { before: seqKey(before) }),
      limit: limit + 1,
    })
    const messages = records.slice(0, limit).map(decodeMessage)
    checkGapFree(messages, after + 1)
    return { messages, hasMore: records.length > limit || cursor !== undefined }
  }

  async #latest(
    scope: TenantScope,
    id: ConversationId,
    { before, limit }: { before: number | undefined; limit: number },
  ): Promise<HistoryPage> {
    const { records } = await scope.tables.query({
      table: 'messages',
      pk: id,
      ...(before !== undefined && { before: seqKey(before) }),
      direction: 'descending',
      limit,
    })
    const messages = records.map(decodeMessage).toReversed()
    const first = messages[0]
    if (first) checkGapFree(messages, first.seq)
    // Numbers start at 1 and have no gaps.
    return { messages, hasMore: first !== undefined && first.seq > 1 }
  }
}

/** A hole in what was committed is never shown as if it were a conversation. */
function checkGapFree(messages: readonly Message[], firstSeq: number): void {
  const at = messages.findIndex((message, index) => message.seq !== firstSeq + index)
  if (at < 0) return
  const { conversationId, seq } = messages[at]!
  throw new KoineError('internal', `Message ${firstSeq + at} of ${conversationId} is missing; ${seq} comes instead.`)
}
