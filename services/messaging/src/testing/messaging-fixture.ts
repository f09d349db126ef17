import {
  type Clock,
  type ErrorCode,
  KoineError,
  Metrics,
  seededRandomness,
  silentLogger,
  systemClock,
  tenantIds,
  type Timer,
  type UserId,
  userIds,
} from '@koine/base'
import { type Faults, noFaults, scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import type { Conversation, ConversationKind, Message } from '../conversation.ts'
import type { MessagingLimits } from '../limits.ts'
import { Messaging } from '../messaging.ts'

export interface OpenStores extends AsyncDisposable {
  readonly stores: Stores
  readonly clock: TestClock
}

/** Two tenants, a few users each, and one node's messaging over the given stores. */
export class Fixture implements AsyncDisposable {
  readonly acme: TenantScope
  readonly globex: TenantScope
  readonly asha: UserId
  readonly ben: UserId
  readonly carl: UserId
  readonly randomness = seededRandomness(7)
  readonly clock: TestClock
  readonly #open: OpenStores
  readonly #users = new Map<string, Set<UserId>>()
  readonly #nodes: Messaging[] = []
  readonly messaging: Messaging
  readonly metrics = new Metrics()

  constructor(open: OpenStores, limits: Partial<MessagingLimits> = {}) {
    this.#open = open
    this.clock = open.clock
    const source = { clock: open.clock, randomness: this.randomness }
    this.acme = scopeTo(open.stores, tenantIds.make(source))
    this.globex = scopeTo(open.stores, tenantIds.make(source))
    this.asha = this.user(this.acme)
    this.ben = this.user(this.acme)
    this.carl = this.user(this.acme)
    this.messaging = this.node(limits, this.metrics)
  }

  user(scope: TenantScope): UserId {
    const id = userIds.make({ clock: this.clock, randomness: this.randomness })
    const users = this.#users.get(scope.tenantId) ?? new Set()
    this.#users.set(scope.tenantId, users.add(id))
    return id
  }

  /** Another process over the same stores. */
  node(limits: Partial<MessagingLimits> = {}, metrics = new Metrics()): Messaging {
    const messaging = new Messaging({
      clock: this.clock,
      randomness: this.randomness,
      logger: silentLogger,
      metrics,
      usersExist: async ({ tenantId }, ids) => ids.map((id) => this.#users.get(tenantId)?.has(id) ?? false),
      limits,
    })
    this.#nodes.push(messaging)
    return messaging
  }

  /** Moves the wall clock on. */
  advance(ms: number): void {
    this.clock.advance(ms)
  }

  conversation(kind: ConversationKind = 'direct', members: UserId[] = [this.asha, this.ben]): Promise<Conversation> {
    return this.messaging.createConversation(this.acme, { kind, members })
  }

  say(conversation: Conversation, senderId: UserId, clientMessageId: string, text = clientMessageId): Promise<Message> {
    return this.messaging.send(this.acme, { conversationId: conversation.id, senderId, clientMessageId, text })
  }

  async texts(conversation: Conversation, reader = this.asha): Promise<string[]> {
    const { messages } = await this.messaging.history(this.acme, reader, conversation.id, { limit: 500 })
    return messages.map(({ text }) => text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]()
    await this.#open[Symbol.asyncDispose]()
  }
}

/** A wall clock that stands still until told. */
export class TestClock implements Clock {
  readonly #timers: Clock
  #wallMs = Date.UTC(2026, 0, 1)

  constructor(timers: Clock) {
    this.#timers = timers
  }

  now = (): number => this.#wallMs
  monotonic = (): number => this.#timers.monotonic()

  after(delayMs: number, action: () => void): Timer {
    return this.#timers.after(delayMs, action)
  }

  advance(ms: number): void {
    this.#wallMs += ms
  }
}

/** Nobody waits: retries follow each other at once. */
const hasty: Clock = {
  ...systemClock,
  after: (_delayMs, action) => {
    const handle = setImmediate(action)
    return { cancel: () => clearImmediate(handle) }
  },
}

export function openMemory(faults: Faults = noFaults): OpenStores {
  const clock = new TestClock(hasty)
  const stores = memoryStores({ clock, randomness: seededRandomness(3), faults })
  return { stores, clock, [Symbol.asyncDispose]: () => closeStores(stores) }
}

export async function closeStores(stores: Stores): Promise<void> {
  for (const store of [stores.queue, stores.blobs, stores.cache, stores.log, stores.tables]) {
    await store[Symbol.asyncDispose]()
  }
}

/** The error code that a call is refused with; fails when it is not refused. */
export async function refusal(call: Promise<unknown>): Promise<ErrorCode> {
  try {
    await call
  } catch (thrown) {
    if (thrown instanceof KoineError) return thrown.code
    throw thrown
  }
  throw new Error('The call was not refused.')
}
