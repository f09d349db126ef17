import { type ConversationId, conversationIds, invariant, KoineError, type UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Conversation, Message } from './conversation.ts'
import { checkWhole } from './input-checks.ts'
import { type KnownConversations, toConversation } from './known-conversations.ts'
import { headsOfUser, type MembershipHead } from './memberships.ts'
import type { ReadPositions } from './read-positions.ts'
import { decodeMessage, messageKey } from './records.ts'

export interface InboxEntry {
  readonly conversation: Conversation
  /** Absent while nothing was said. */
  readonly lastMessage?: Message
  readonly readSeq: number
  /** Messages after the read position. */
  readonly unread: number
}

export interface InboxPage {
  readonly entries: readonly InboxEntry[]
  /** Present when there are older ones. */
  readonly cursor?: string
}

/** Where a page ended: what sorts after it belongs to the next one. */
interface Position {
  readonly activeAtMs: number
  readonly id: ConversationId
}

/**
 * The latest conversations first. Order, last messages and counts come from the tables, never from the cache, which may
 * have lost or rolled back anything: two reads for 100 conversations that the user has, and three for the page.
 */
export class Inbox {
  readonly #known: KnownConversations
  readonly #positions: ReadPositions
  readonly #entriesMax: number

  constructor(o: { known: KnownConversations; positions: ReadPositions; entriesMax: number }) {
    this.#known = o.known
    this.#positions = o.positions
    this.#entriesMax = o.entriesMax
  }

  /** Errors: `invalid_request` (limit, cursor). A conversation that moves up between two pages may be missed or repeated. */
  async page(scope: TenantScope, user: UserId, o: { limit: number; cursor?: string }): Promise<InboxPage> {
    checkWhole('limit', o.limit, 1)
    const after = o.cursor === undefined ? undefined : decodeCursor(o.cursor)
    const limit = Math.min(o.limit, this.#entriesMax)
    const latest = await this.#latest(scope, user, limit + 1, after)
    const heads = latest.slice(0, limit)
    const entries = await this.#entries(scope, user, heads)
    return { entries, ...(latest.length > limit && { cursor: encodeCursor(heads.at(-1)!) }) }
  }

  /** The `count` latest after a position, without ever holding many more than that. */
  async #latest(scope: TenantScope, user: UserId, count: number, after?: Position): Promise<MembershipHead[]> {
    let latest: MembershipHead[] = []
    for await (const heads of headsOfUser(scope, user)) {
      const eligible = after ? heads.filter((head) => latestFirst(after, head) < 0) : heads
      latest = [...latest, ...eligible].sort(latestFirst).slice(0, count)
    }
    return latest
  }

  async #entries(scope: TenantScope, user: UserId, heads: readonly MembershipHead[]): Promise<InboxEntry[]> {
    const ids = heads.map(({ id }) => id)
    const spoken = heads.filter(({ lastSeq }) => lastSeq > 0)
    const [facts, positions, records] = await Promise.all([
      this.#known.facts(scope, ids),
      this.#positions.of(scope, user, ids),
      spoken.length > 0 ? scope.tables.getMany(spoken.map(({ id, lastSeq }) => messageKey(id, lastSeq))) : [],
    ])
    const lastMessages = new Map(records.map((record, index) => [spoken[index]!.id, record]))
    return heads.map(({ id, lastSeq }, index) => {
      const last = lastMessages.get(id)
      invariant(facts[index] && (last || lastSeq === 0), `conversation ${id} has a head and lacks another record`)
      // The position is read after the head: the user may have sent something in between.
      const readSeq = Math.min(positions[index]!, lastSeq)
      return {
        conversation: toConversation(facts[index], lastSeq),
        ...(last && { lastMessage: decodeMessage(last) }),
        readSeq,
        unread: lastSeq - readSeq,
      }
    })
  }
}

const latestFirst = (one: Position, other: Position): number =>
  other.activeAtMs - one.activeAtMs || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0)

const encodeCursor = ({ activeAtMs, id }: Position): string => Buffer.from(`${activeAtMs} ${id}`).toString('base64url')

function decodeCursor(cursor: string): Position {
  const [, activeAt, id] = /^(\d{1,16}) (\w+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const conversation = conversationIds.parse(id)
  if (!conversation) throw new KoineError('invalid_request', 'The cursor is not one that the inbox gave.')
  return { activeAtMs: Number(activeAt), id: conversation }
}
