import { type ConversationId, conversationIds, KoineError, type TenantId, type UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Conversation } from './conversation.ts'
import { type ConversationFacts, conversationKey, decodeFacts, decodeHead, headKey } from './records.ts'
import { userChannel } from './live-delivery.ts'

/** A conversation as this process remembers it. */
export interface KnownConversation {
  readonly facts: ConversationFacts
  readonly members: ReadonlySet<UserId>
  /** Where its members listen. */
  readonly channels: readonly string[]
  /** A hint: another node may have gone on. Undefined when even a guess would be wrong. */
  lastSeq: number | undefined
}

/**
 * The conversations met lately, least recently used first out, so that a send reads nothing. Facts never change once
 * committed, so they can be trusted; `lastSeq` is only ever used under a condition.
 */
export class KnownConversations {
  readonly #known = new Map<string, KnownConversation>()
  readonly #membersMax: number
  #members = 0

  constructor(membersMax: number) {
    this.#membersMax = membersMax
  }

  /** The conversation when `user` is a member of it; `not_found` when it is unknown or another's. */
  async ofMember(scope: TenantScope, id: ConversationId, user: UserId): Promise<KnownConversation> {
    return memberOnly(this.remembered(scope.tenantId, id) ?? (await this.#load(scope, id)), id, user)
  }

  remembered(tenantId: TenantId, id: ConversationId): KnownConversation | undefined {
    const name = nameOf(tenantId, id)
    const known = this.#known.get(name)
    if (!known) return undefined
    this.#known.delete(name)
    this.#known.set(name, known)
    return known
  }

  /** The facts of several, in the order of `ids`; undefined where there is no such conversation. */
  async facts(scope: TenantScope, ids: readonly ConversationId[]): Promise<(ConversationFacts | undefined)[]> {
    const found = ids.map((id) => this.remembered(scope.tenantId, id)?.facts)
    const missing = ids.flatMap((id, index) => (found[index] ? [] : [{ id, index }]))
    if (missing.length === 0) return found
    const records = await scope.tables.getMany(missing.map(({ id }) => conversationKey(id)))
    for (const [n, record] of records.entries()) {
      if (record) found[missing[n]!.index] = this.remember(scope.tenantId, decodeFacts(record), undefined).facts
    }
    return found
  }

  remember(tenantId: TenantId, facts: ConversationFacts, lastSeq: number | undefined): KnownConversation {
    const name = nameOf(tenantId, facts.id)
    const met = this.#known.get(name)
    if (met) return met
    const members = new Set(facts.members)
    const known: KnownConversation = { facts, members, channels: facts.members.map(userChannel), lastSeq }
    this.#known.set(name, known)
    this.#members += members.size
    this.#forgetOldest()
    return known
  }

  #forgetOldest(): void {
    for (const [name, { members }] of this.#known) {
      if (this.#members <= this.#membersMax) return
      this.#known.delete(name)
      this.#members -= members.size
    }
  }

  async #load(scope: TenantScope, id: ConversationId): Promise<KnownConversation | undefined> {
    if (!conversationIds.parse(id)) return undefined
    const [facts, head] = await scope.tables.getMany([conversationKey(id), headKey(id)])
    if (!facts || !head) return undefined
    return this.remember(scope.tenantId, decodeFacts(facts), decodeHead(head).lastSeq)
  }
}

const nameOf = (tenantId: TenantId, id: ConversationId): string => `${tenantId}/${id}`

/** Who is not a member learns nothing: not even that the conversation exists. */
function memberOnly(known: KnownConversation | undefined, id: ConversationId, user: UserId): KnownConversation {
  if (known?.members.has(user)) return known
  throw new KoineError('not_found', `There is no conversation ${id.slice(0, 64)} with this user in it.`)
}

export const toConversation = (facts: ConversationFacts, lastSeq: number): Conversation => ({
  id: facts.id,
  kind: facts.kind,
  members: facts.members,
  createdAt: new Date(facts.createdAtMs).toISOString(),
  lastSeq,
})
