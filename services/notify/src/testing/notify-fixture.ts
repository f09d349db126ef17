import {
  type Clock,
  type ConversationId,
  conversationIds,
  eventIds,
  type IdSource,
  messageIds,
  Metrics,
  seededRandomness,
  silentLogger,
  type TenantId,
  tenantIds,
  type UserId,
  userIds,
} from '@koine/base'
import { type Faults, noFaults, scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import type { Conversations, MessageFacts } from '../conversations.ts'
import type { NotifyLimits } from '../limits.ts'
import { Notify, type NotifyOptions } from '../notify.ts'
import type { OutboundWish } from '../outbound/outbound.ts'

interface FixtureOptions {
  readonly clock: Clock
  readonly stores?: Stores
  readonly faults?: Faults
  readonly limits?: Partial<NotifyLimits>
  readonly outbound?: OutboundWish
  readonly seed?: number
}

/** Two tenants, and conversations that a test fills by hand. */
export class Fixture implements AsyncDisposable {
  readonly clock: Clock
  readonly randomness
  readonly stores: Stores
  readonly acme: TenantScope
  readonly globex: TenantScope
  readonly conversations = new TestConversations()
  readonly metrics = new Metrics()
  readonly #options: FixtureOptions
  readonly #nodes: Notify[] = []
  readonly #scopes = new Map<TenantId, TenantScope>()
  #seqs = new Map<ConversationId, number>()

  constructor(options: FixtureOptions) {
    const { clock, faults = noFaults, seed = 5 } = options
    this.#options = options
    this.clock = clock
    this.randomness = seededRandomness(seed)
    this.stores = options.stores ?? memoryStores({ clock, randomness: seededRandomness(seed + 1), faults })
    this.acme = this.#tenant()
    this.globex = this.#tenant()
  }

  /** A process over the same stores. */
  node(overrides: Partial<NotifyOptions> = {}): Notify {
    const { clock, randomness, stores, conversations } = this
    const notify = new Notify({
      clock,
      randomness,
      logger: silentLogger,
      metrics: new Metrics(),
      queue: stores.queue,
      scope: (tenant) => this.#scopes.get(tenant)!,
      conversations,
      sealingKeys: [new Uint8Array(32).fill(7)],
      contact: 'mailto:operator@example.com',
      ...(this.#options.limits && { limits: this.#options.limits }),
      ...(this.#options.outbound && { outbound: this.#options.outbound }),
      ...overrides,
    })
    this.#nodes.push(notify)
    return notify
  }

  user(): UserId {
    return userIds.make(this)
  }

  conversation(...members: UserId[]): ConversationId {
    const id = conversationIds.make(this)
    this.conversations.members.set(id, members.sort())
    return id
  }

  /** The next message of a conversation, and its event as messaging writes it. */
  message(conversationId: ConversationId, senderId: UserId, text = 'hello'): { message: MessageFacts; body: string } {
    const seq = (this.#seqs.get(conversationId) ?? 0) + 1
    this.#seqs.set(conversationId, seq)
    const made = eventText(this, { conversationId, seq, senderId, text })
    this.conversations.newest.set(conversationId, made.message)
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node[Symbol.asyncDispose]()))
    if (this.#options.stores) return
    const { queue, blobs, cache, log, tables } = this.stores
    for (const store of [queue, blobs, cache, log, tables]) await store[Symbol.asyncDispose]()
  }

  #tenant(): TenantScope {
    const scope = scopeTo(this.stores, tenantIds.make(this))
    this.#scopes.set(scope.tenantId, scope)
    return scope
  }
}

/** A message and its event, as messaging writes it. */
export function eventText(
  source: IdSource,
  { conversationId, seq, senderId, text }: Pick<MessageFacts, 'conversationId' | 'seq' | 'senderId' | 'text'>,
): { message: MessageFacts; body: string } {
  const id = messageIds.make(source)
  const sentAt = new Date(source.clock.now()).toISOString()
  const message = { id, conversationId, seq, senderId, clientMessageId: `c${seq}`, text, sentAt }
  const body = JSON.stringify({
    specversion: '1.0',
    id: `${eventIds.prefix}_${id.slice(id.indexOf('_') + 1)}`,
    source: '/tenants/acme/messaging',
    type: 'koine.message.sent',
    subject: conversationId,
    time: sentAt,
    datacontenttype: 'application/json',
    data: { message },
  })
  return { message, body }
}

/** What messaging would answer. */
class TestConversations implements Conversations {
  readonly members = new Map<ConversationId, UserId[]>()
  readonly newest = new Map<ConversationId, MessageFacts>()
  readonly names = new Map<UserId, string>()
  readonly #acknowledged = new Map<string, number>()

  acknowledge(user: UserId, conversation: ConversationId, seq: number): void {
    this.#acknowledged.set(`${user} ${conversation}`, seq)
  }

  async recipients(
    _scope: TenantScope,
    message: MessageFacts,
    { after, limit }: { after: UserId | undefined; limit: number },
  ): Promise<readonly UserId[]> {
    const members = this.members.get(message.conversationId) ?? []
    return members.filter((user) => after === undefined || user > after).slice(0, limit)
  }

  async acknowledged(_scope: TenantScope, user: UserId, conversation: ConversationId, seq: number): Promise<boolean> {
    return (this.#acknowledged.get(`${user} ${conversation}`) ?? 0) >= seq
  }

  async newestMessage(
    _scope: TenantScope,
    _reader: UserId,
    conversation: ConversationId,
  ): Promise<MessageFacts | undefined> {
    return this.newest.get(conversation)
  }

  async userName(_scope: TenantScope, user: UserId): Promise<string | undefined> {
    return this.names.get(user)
  }
}
