import { type ConversationId, KoineError, type UserId } from '@koine/base'
import type { TableRecord, TenantScope } from '@koine/stores-ports'
import { checkWhole } from './input-checks.ts'
import type { KnownConversation, KnownConversations } from './known-conversations.ts'
import { type LiveDelivery, userChannel } from './live-delivery.ts'
import { decodeHead, decodeSeq, encodeSeq, headKey, readPositionKey } from './records.ts'

const attemptsMax = 8

/** How far each member has read. Positions only go up: by `mark`, and by sending, which is part of the send's commit. */
export class ReadPositions {
  readonly #known: KnownConversations
  readonly #live: LiveDelivery
  readonly #receiptMembersMax: number

  constructor(o: { known: KnownConversations; live: LiveDelivery; receiptMembersMax: number }) {
    this.#known = o.known
    this.#live = o.live
    this.#receiptMembersMax = o.receiptMembersMax
  }

  /**
   * Moves a position up to `seq`, or to the last message when that comes earlier, and answers where it is now. Safe to
   * repeat. Errors: `not_found`, `invalid_request`, `conflict` when other devices kept moving it.
   */
  async mark(scope: TenantScope, user: UserId, id: ConversationId, seq: number): Promise<{ readSeq: number }> {
    checkWhole('seq', seq, 0)
    const known = await this.#known.ofMember(scope, id, user)
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const [head, position] = await scope.tables.getMany([headKey(id), readPositionKey(id, user)])
      const readSeq = position ? decodeSeq(position) : 0
      const wanted = Math.min(seq, head ? decodeHead(head).lastSeq : 0)
      if (wanted <= readSeq) return { readSeq }
      if (await this.#move(scope, { id, user, seq: wanted, from: position })) {
        this.#tell(scope, known, user, wanted)
        return { readSeq: wanted }
      }
    }
    throw new KoineError('conflict', 'The read position is being moved by others; try again.', { retryAfterMs: 50 })
  }

  /** In the order of `ids`; 0 where nothing was read. */
  async of(scope: TenantScope, user: UserId, ids: readonly ConversationId[]): Promise<number[]> {
    if (ids.length === 0) return []
    const records = await scope.tables.getMany(ids.map((id) => readPositionKey(id, user)))
    return records.map((record) => (record ? decodeSeq(record) : 0))
  }

  async #move(
    scope: TenantScope,
    o: { id: ConversationId; user: UserId; seq: number; from: TableRecord | undefined },
  ): Promise<boolean> {
    const { ok } = await scope.tables.write({
      operations: [
        {
          put: readPositionKey(o.id, o.user),
          attributes: encodeSeq(o.seq),
          if: o.from ? { equals: { n: decodeSeq(o.from) } } : 'absent',
        },
      ],
    })
    return ok
  }

  #tell(scope: TenantScope, { facts, channels }: KnownConversation, userId: UserId, seq: number): void {
    const everyone = facts.members.length <= this.#receiptMembersMax
    const json = JSON.stringify({ type: 'read', conversationId: facts.id, userId, seq })
    this.#live.publish(scope, everyone ? channels : [userChannel(userId)], json)
  }
}
