import {
  type Clock,
  type ConversationId,
  conversationIds,
  invariant,
  type Logger,
  type Metrics,
  sleep,
  type TenantId,
  type UserId,
} from '@koine/base'
import { EventLog, type SubscribedRecord, tableLimits, type TenantScope } from '@koine/stores-ports'
import { conversationCreatedType, messageSentType, messagesTopic } from '../cloud-events.ts'
import type { Conversation, Message } from '../conversation.ts'
import type { KnownConversations } from '../known-conversations.ts'
import { type LiveDelivery, userChannel } from '../live-delivery.ts'
import { fanOutProgress } from './fan-out-progress.ts'
import type { UserChanges } from './user-changes.ts'

export interface FanOutOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly known: KnownConversations
  readonly changes: UserChanges
  readonly live: LiveDelivery
}

/** Users of one round that are told at once. */
const usersAtOnce = 64
/** Tenants whose logs are opened at once: a process begins with all there are. */
const beginningsAtOnce = 8
/**
 * Between two rounds of a partition: what happens meanwhile makes one change of each conversation. The first after a quiet
 * time goes at once. Live delivery doesn't wait for it.
 */
const restMs = 200
const retryFirstMs = 50
const retryMaxMs = 5_000

/**
 * Carries what happened in conversations into their members' change logs: drains the tenant's message events and tells
 * each member once a round, however much was said. Behind the senders: what it lags is what a device that connects right
 * then hears of a moment later.
 */
export class FanOut implements AsyncDisposable {
  readonly #o: FanOutOptions
  readonly #running = new Map<TenantId, { readonly stop: AbortController; readonly over: Promise<void> }>()
  readonly #toBegin: (() => void)[] = []
  #beginning = 0
  readonly #told: { inc(by?: number): void }
  readonly #failed: { inc(by?: number): void }

  constructor(options: FanOutOptions) {
    this.#o = options
    this.#told = options.metrics.counter({
      name: 'koine_messaging_changes_told_total',
      help: "Changes that users' logs were told.",
    })
    this.#failed = options.metrics.counter({
      name: 'koine_messaging_fan_out_failures_total',
      help: 'Rounds of telling users that failed and were tried again.',
    })
  }

  /** Starts with what was not told yet. Repeating it is harmless. */
  add(scope: TenantScope): void {
    if (this.#running.has(scope.tenantId)) return
    const stop = new AbortController()
    this.#running.set(scope.tenantId, { stop, over: this.#run(scope, stop.signal) })
  }

  async remove(tenant: TenantId): Promise<void> {
    const running = this.#running.get(tenant)
    running?.stop.abort()
    await running?.over
    if (this.#running.get(tenant) === running) this.#running.delete(tenant)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((tenant) => this.remove(tenant)))
  }

  async #run(scope: TenantScope, signal: AbortSignal): Promise<void> {
    const events = new EventLog(scope.log, this.#o)
    let waitMs = retryFirstMs
    await this.#begin(scope, signal)
    while (!signal.aborted) {
      try {
        const handler = async (records: readonly SubscribedRecord[]): Promise<void> => {
          await this.#tell(scope, records)
          waitMs = retryFirstMs
          await sleep(this.#o.clock, restMs, signal).catch(() => {}) // Aborted: what was told is told.
        }
        await events.subscribeInPages(fanOutProgress(scope.tables), [messagesTopic], handler, { signal })
      } catch (error) {
        if (signal.aborted) return
        this.#failed.inc()
        this.#o.logger.warn({ err: error, tenant: scope.tenantId, waitMs }, 'Telling users failed; trying again')
        await sleep(this.#o.clock, waitMs, signal).catch(() => {}) // Aborted: the loop sees it.
        waitMs = Math.min(retryMaxMs, waitMs * 2)
      }
    }
  }

  /** Opens the tenant's log when it is its turn. */
  async #begin({ tenantId: tenant, log }: TenantScope, signal: AbortSignal): Promise<void> {
    if (this.#beginning < beginningsAtOnce) this.#beginning++
    else await new Promise<void>((resolve) => this.#toBegin.push(resolve))
    try {
      if (!signal.aborted) await log.bounds({ topic: messagesTopic, partition: 0 })
    } catch (err) {
      this.#o.logger.warn({ err, tenant }, 'A log could not be opened to tell users; trying again')
    } finally {
      const next = this.#toBegin.shift()
      if (next) next()
      else this.#beginning--
    }
  }

  async #tell(scope: TenantScope, records: readonly SubscribedRecord[]): Promise<void> {
    const reached = new Map<ConversationId, number>()
    for (const record of records) {
      const at = this.#reachedBy(scope, record)
      if (at) reached.set(at.id, Math.max(at.seq, reached.get(at.id) ?? 0))
    }
    const users = [...(await this.#byUser(scope, reached))]
    for (let at = 0; at < users.length; at += usersAtOnce) {
      await Promise.all(users.slice(at, at + usersAtOnce).map(([user, theirs]) => this.#tellUser(scope, user, theirs)))
    }
  }

  /** An event that can't be read would hold up all behind it for ever; positions still find what it told. */
  #reachedBy({ tenantId: tenant }: TenantScope, { value, partition, offset }: SubscribedRecord): Reached | undefined {
    try {
      return value ? reachedBy(value) : undefined
    } catch (err) {
      this.#o.logger.error({ err, tenant, partition, offset }, 'Users are not told of an event that cannot be read')
      return undefined
    }
  }

  async #byUser(
    scope: TenantScope,
    reached: ReadonlyMap<ConversationId, number>,
  ): Promise<Map<UserId, Map<ConversationId, number>>> {
    const byUser = new Map<UserId, Map<ConversationId, number>>()
    const all = [...reached]
    for (let from = 0; from < all.length; from += tableLimits.getManyKeys) {
      const some = all.slice(from, from + tableLimits.getManyKeys)
      const facts = await this.#o.known.facts(
        scope,
        some.map(([id]) => id),
      )
      for (const [at, [id, seq]] of some.entries()) {
        // A tenant that is being deleted may have lost it already.
        for (const user of facts[at]?.members ?? []) {
          const theirs = byUser.get(user) ?? new Map<ConversationId, number>()
          byUser.set(user, theirs.set(id, seq))
        }
      }
    }
    return byUser
  }

  async #tellUser(scope: TenantScope, user: UserId, reached: ReadonlyMap<ConversationId, number>): Promise<void> {
    const changes = await this.#o.changes.tell(scope, user, reached)
    if (changes.length === 0) return
    this.#told.inc(changes.length)
    this.#o.live.publish(scope, [userChannel(user)], JSON.stringify({ type: 'changes', changes }))
  }
}

interface Reached {
  readonly id: ConversationId
  readonly seq: number
}

/**
 * Which conversation an event moves, and to where; undefined for events of kinds that move none.
 * @throws for what is no event
 */
function reachedBy(value: Uint8Array): Reached | undefined {
  const { type, data } = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString()) as {
    readonly type: string
    readonly data: { readonly message: Message; readonly conversation: Conversation }
  }
  if (type === messageSentType) return checked(data.message.conversationId, data.message.seq)
  if (type === conversationCreatedType) return checked(data.conversation.id, 0)
  return undefined
}

function checked(id: ConversationId, seq: number): Reached {
  invariant(
    conversationIds.parse(id) && Number.isSafeInteger(seq),
    'an event names no conversation or no message of it',
  )
  return { id, seq }
}
