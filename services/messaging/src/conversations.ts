import {
  type Clock,
  type ConversationId,
  conversationIds,
  eventIds,
  invariant,
  KoineError,
  type Randomness,
  sleep,
  userIds,
  type UserId,
} from '@koine/base'
import { type Operation, tableLimits, type TenantScope, type WriteBatch } from '@koine/stores-ports'
import { conversationCreated } from './cloud-events.ts'
import type { Conversation, ConversationKind } from './conversation.ts'
import { type KnownConversations, toConversation } from './known-conversations.ts'
import { type LiveDelivery, userChannel } from './live-delivery.ts'
import {
  type ConversationFacts,
  conversationKey,
  decodeDirect,
  decodeHead,
  directKey,
  encodeDirect,
  encodeFacts,
  encodeHead,
  encodeMembership,
  headKey,
  membershipKey,
} from './records.ts'

export interface NewConversation {
  readonly kind: ConversationKind
  /** Duplicates collapse. */
  readonly members: readonly UserId[]
  /** Becomes a member, named or not. Absent when the tenant itself makes the conversation. */
  readonly creator?: UserId
  /** Of an earlier, interrupted try, which this call finishes rather than repeats. Fresh when not given. */
  readonly id?: ConversationId
}

/** Which of the users exist, in the order of `ids`. */
export type UsersExist = (scope: TenantScope, ids: readonly UserId[]) => Promise<readonly boolean[]>

interface ConversationsOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly known: KnownConversations
  readonly live: LiveDelivery
  readonly usersExist: UsersExist
  readonly membersMax: number
}

/** What one batch takes besides memberships: facts, head, pair, and an event that counts as two. */
const membershipsInLastBatch = tableLimits.batchOperations - 5
const attemptsMax = 4

export class Conversations {
  readonly #o: ConversationsOptions

  constructor(options: ConversationsOptions) {
    this.#o = options
  }

  /**
   * Makes a conversation. A pair of users has one direct conversation: making it again answers the one that is there.
   * Errors: `invalid_request` (kind, number of members), `not_found` (a user), `timeout` (unknown outcome: a group may
   * have been made).
   */
  async create(scope: TenantScope, wish: NewConversation): Promise<Conversation> {
    const members = this.#members(wish)
    await this.#checkUsers(scope, members)
    if (wish.kind === 'direct') {
      const met = await this.#direct(scope, members)
      if (met) return met
    }
    const facts: ConversationFacts = {
      id: wish.id ?? conversationIds.make(this.#o),
      kind: wish.kind,
      members,
      createdAtMs: this.#o.clock.now(),
    }
    // A large group's memberships don't fit into one batch. Those that point to no conversation yet are skipped by readers.
    for (let from = membershipsInLastBatch; from < members.length; from += tableLimits.batchOperations) {
      const some = members.slice(from, from + tableLimits.batchOperations)
      await this.#insist(() => scope.tables.write({ operations: membershipPuts(facts, some) }))
    }
    return this.#commit(scope, facts)
  }

  /** Errors: `not_found` when there is none, or the reader is not a member. */
  async read(scope: TenantScope, reader: UserId, id: ConversationId): Promise<Conversation> {
    const { facts } = await this.#o.known.ofMember(scope, id, reader)
    return this.#withHead(scope, facts)
  }

  async #commit(scope: TenantScope, facts: ConversationFacts): Promise<Conversation> {
    const batch = this.#batch(scope, facts, toConversation(facts, 0))
    const { ok } = await this.#insist(() => scope.tables.write(batch))
    if (ok) this.#o.known.remember(scope.tenantId, facts, 0)
    // Otherwise an earlier try took effect after all, or somebody else made the pair's conversation first.
    const conversation = ok ? toConversation(facts, 0) : await this.#made(scope, facts)
    if (conversation.id !== facts.id) return conversation
    this.#o.live.publish(scope, facts.members.map(userChannel), JSON.stringify({ type: 'conversation', conversation }))
    return conversation
  }

  async #made(scope: TenantScope, { id, kind, members }: ConversationFacts): Promise<Conversation> {
    if (kind === 'group') return this.read(scope, members[0]!, id)
    const met = await this.#direct(scope, members)
    invariant(met, 'a pair without a conversation has no pair record')
    return met
  }

  #batch(scope: TenantScope, facts: ConversationFacts, conversation: Conversation): WriteBatch {
    const { id, kind, members, createdAtMs } = facts
    const told = { tenantId: scope.tenantId, conversationId: id, time: conversation.createdAt }
    const operations: Operation[] = [
      { put: conversationKey(id), attributes: encodeFacts(facts), if: 'absent' },
      { put: headKey(id), attributes: encodeHead({ lastSeq: 0, activeAtMs: createdAtMs }), if: 'absent' },
      ...membershipPuts(facts, members.slice(0, membershipsInLastBatch)),
    ]
    if (kind === 'direct') {
      operations.push({ put: directKey(members[0]!, members[1]!), attributes: encodeDirect(id), if: 'absent' })
    }
    const event = conversationCreated(told, eventIds.make(this.#o), JSON.stringify(conversation))
    return { operations, events: [event] }
  }

  async #direct(scope: TenantScope, members: readonly UserId[]): Promise<Conversation | undefined> {
    const pair = await scope.tables.get(directKey(members[0]!, members[1]!))
    if (!pair) return undefined
    const known = await this.#o.known.ofMember(scope, decodeDirect(pair), members[0]!)
    return this.#withHead(scope, known.facts)
  }

  async #withHead(scope: TenantScope, facts: ConversationFacts): Promise<Conversation> {
    const head = await scope.tables.get(headKey(facts.id))
    invariant(head, `conversation ${facts.id} has no head`)
    return toConversation(facts, decodeHead(head).lastSeq)
  }

  #members({ kind, members, creator }: NewConversation): UserId[] {
    if (kind !== 'direct' && kind !== 'group') {
      throw new KoineError('invalid_request', 'The kind of a conversation is direct or group.')
    }
    if (!Array.isArray(members)) throw new KoineError('invalid_request', 'A conversation needs a list of members.')
    const distinct = new Set(creator === undefined ? members : [...members, creator])
    if (kind === 'direct' && distinct.size !== 2) {
      throw new KoineError('invalid_request', 'A direct conversation has exactly two distinct members.')
    }
    if (distinct.size === 0) throw new KoineError('invalid_request', 'A conversation needs at least one member.')
    if (distinct.size > this.#o.membersMax) {
      throw new KoineError('invalid_request', `A conversation has at most ${this.#o.membersMax} members.`)
    }
    return [...distinct] as UserId[]
  }

  async #checkUsers(scope: TenantScope, members: readonly UserId[]): Promise<void> {
    const malformed = members.find((id) => !userIds.parse(id))
    if (malformed !== undefined) throw unknownUser(malformed)
    const exist = await this.#o.usersExist(scope, members)
    const unknown = members.find((_, index) => !exist[index])
    if (unknown !== undefined) throw unknownUser(unknown)
  }

  /** Repeats a write that may be repeated: its puts are conditional, or the same every time. */
  async #insist<T>(write: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write()
      } catch (thrown) {
        if (!(thrown instanceof KoineError) || !thrown.retryable || attempt === attemptsMax) throw thrown
        await sleep(this.#o.clock, 5 * 2 ** attempt * (1 - this.#o.randomness.fraction() / 2))
      }
    }
  }
}

const membershipPuts = (facts: ConversationFacts, members: readonly UserId[]): Operation[] =>
  members.map((user) => ({ put: membershipKey(user, facts.id), attributes: encodeMembership(facts.createdAtMs) }))

const unknownUser = (id: unknown): KoineError =>
  new KoineError('not_found', `There is no user ${String(id).slice(0, 64)}.`)
