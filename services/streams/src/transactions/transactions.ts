import type { Clock, Logger, Metrics } from '@koine/base'
import { logLimits, type Partition, type TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import type { ProducerIdentity, TransactionGate, TransactionProblem } from '../records/transaction-gate.ts'
import type { EndMarkers } from './ending.ts'
import { type ListingProblem, listed, type TransactionFilter, type TransactionListing } from './listing.ts'
import type { GivenOffsets, GivenOutcome } from './offset-commits.ts'
import {
  type InitOutcome,
  noProducerEpoch,
  noProducerId,
  type TransactionalProducer,
  type TransactionFailure,
} from './outcomes.ts'
import { ProducerIds } from './producer-ids.ts'
import { TenantTransactions } from './tenant-transactions.ts'
import type { Transaction } from './transaction.ts'
import type { GroupMembers, TransactionContext } from './transaction-context.ts'
import { isTransactionalId } from './transactional-id.ts'

export interface TransactionsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits: StreamsLimits
  readonly markers: EndMarkers
  readonly groups: GroupMembers
}

export interface InitRequest extends ProducerIdentity {
  /** Null for a producer that is idempotent and no more. */
  readonly transactionalId: string | null
  readonly timeoutMs: number
}

/** Tenants that are resumed at once: whoever comes into use meanwhile waits behind so many. */
const wakesAtOnce = 4

/**
 * The transaction coordinator of every tenant's virtual cluster, as Apache Kafka behaves up to transaction version 1.
 * A tenant's transactions are read when they are first asked for, and from then on answered from memory.
 */
export class Transactions implements TransactionGate, AsyncDisposable {
  readonly #context: TransactionContext
  readonly #producerIds = new ProducerIds()
  readonly #tenants = new Map<string, Promise<TenantTransactions>>()
  readonly #loaded = new Map<string, TenantTransactions>()
  readonly #closing = new Set<Promise<void>>()
  readonly #toWake = new Map<string, TenantScope>()
  #waking = 0

  constructor({ metrics, ...options }: TransactionsOptions) {
    const timeouts = metrics.counter({
      name: 'koine_streams_transaction_timeouts_total',
      help: 'Transactions that were aborted because their time was over.',
    })
    metrics.gauge({
      name: 'koine_streams_open_transactions',
      help: 'Transactions that run or are being ended.',
      collect: () => this.#loaded.values().reduce((sum, tenant) => sum + tenant.openCount, 0),
    })
    this.#context = { ...options, producerIds: this.#producerIds, onTimeout: () => timeouts.inc() }
  }

  /**
   * Reads the tenant's transactions, if they aren't yet, and ends what was decided before a crash and what is overdue.
   * Call it soon after the start for every tenant: readers wait for what nobody ends. Repeating it is harmless.
   */
  async resume(scope: TenantScope): Promise<void> {
    const tenant = await this.#tenant(scope)
    await tenant.settled()
  }

  /** Resumes a tenant that comes into use, without anybody waiting for it. */
  wake(scope: TenantScope): void {
    if (!this.#tenants.has(scope.tenantId)) void this.#wakeNow(scope)
  }

  /** Resumes a tenant when its turn comes: for all that there are at the start. */
  wakeInTurn(scope: TenantScope): void {
    this.#toWake.set(scope.tenantId, scope)
    this.#wakeNext()
  }

  /** A fresh id for an idempotent producer. */
  newProducerId(scope: TenantScope): Promise<number> {
    return this.#producerIds.next(scope)
  }

  /** An identity for a producer; one for a transactional id fences whoever had it before and aborts what that left open. */
  async initProducer(scope: TenantScope, request: InitRequest): Promise<InitOutcome> {
    const { transactionalId, timeoutMs, producerId, producerEpoch } = request
    if ((producerId === noProducerId) !== (producerEpoch === noProducerEpoch)) {
      return { ok: false, reason: 'incomplete-producer' }
    }
    if (transactionalId === null) {
      return { ok: true, producerId: await this.#producerIds.next(scope), producerEpoch: 0 }
    }
    if (!isTransactionalId(transactionalId)) return { ok: false, reason: 'invalid-transactional-id' }
    if (timeoutMs <= 0 || timeoutMs > this.#context.limits.transactionTimeoutMsMax) {
      return { ok: false, reason: 'invalid-transaction-timeout' }
    }
    const claimed = producerId === noProducerId ? undefined : { producerId, producerEpoch }
    return (await this.#tenant(scope)).init({ transactionalId, timeoutMs, claimed })
  }

  /** Adds partitions, which there must be, to the producer's transaction: all or none. */
  async addPartitions(
    scope: TenantScope,
    producer: TransactionalProducer,
    partitions: readonly Partition[],
  ): Promise<TransactionFailure | undefined> {
    if (!isTransactionalId(producer.transactionalId)) return 'invalid-transactional-id'
    return (await this.#tenant(scope)).extend(producer, { partitions })
  }

  /** Makes a group, whose offsets are to be committed, part of the producer's transaction. */
  async addGroup(
    scope: TenantScope,
    producer: TransactionalProducer,
    group: string,
  ): Promise<TransactionFailure | undefined> {
    if (!isTransactionalId(producer.transactionalId)) return 'invalid-transactional-id'
    if (!isGroupName(group)) return 'invalid-group-id'
    return (await this.#tenant(scope)).extend(producer, { group })
  }

  /** Gives a group's offsets to the producer's transaction: they become the group's when it commits. */
  async commitOffsets(scope: TenantScope, producer: TransactionalProducer, given: GivenOffsets): Promise<GivenOutcome> {
    if (!isTransactionalId(producer.transactionalId)) return given.offsets.map(() => 'invalid-transactional-id')
    return (await this.#tenant(scope)).giveOffsets(producer, given)
  }

  /** Commits or aborts the producer's transaction; what was acknowledged stays so over any crash. */
  async end(
    scope: TenantScope,
    { commit, ...producer }: TransactionalProducer & { readonly commit: boolean },
  ): Promise<TransactionFailure | undefined> {
    if (!isTransactionalId(producer.transactionalId)) return 'invalid-transactional-id'
    return (await this.#tenant(scope)).end(producer, commit)
  }

  async problem(
    scope: TenantScope,
    at: Partition,
    producer: ProducerIdentity,
  ): Promise<TransactionProblem | undefined> {
    const tenant = this.#loaded.get(scope.tenantId) ?? (await this.#tenant(scope))
    return tenant.problem(at, producer)
  }

  /** The partitions, as `topic/partition`, in which the group's offset depends on transactions that have not ended. */
  async pendingOffsets(scope: TenantScope, group: string): Promise<ReadonlySet<string>> {
    return (await this.#tenant(scope)).pendingOffsets(group)
  }

  async describe(scope: TenantScope, transactionalId: string): Promise<Transaction | undefined> {
    return (await this.#tenant(scope)).describe(transactionalId)
  }

  async list(scope: TenantScope, filter: TransactionFilter): Promise<TransactionListing | ListingProblem> {
    return listed((await this.#tenant(scope)).list(), filter, this.#context.clock.now())
  }

  /** Drops what is held in memory of a tenant that is suspended or deleted. */
  forget(tenantId: string): void {
    this.#producerIds.forget(tenantId)
    this.#toWake.delete(tenantId)
    const loading = this.#tenants.get(tenantId)
    this.#tenants.delete(tenantId)
    this.#loaded.delete(tenantId)
    if (loading) this.#close(loading)
  }

  /** Ends what is under way, and begins nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#toWake.clear()
    for (const tenantId of this.#tenants.keys()) this.forget(tenantId)
    await Promise.all(this.#closing)
  }

  #wakeNext(): void {
    for (const [tenantId, scope] of this.#toWake) {
      if (this.#waking >= wakesAtOnce) return
      this.#toWake.delete(tenantId)
      if (this.#tenants.has(tenantId)) continue
      this.#waking++
      void this.#wakeNow(scope).then(() => {
        this.#waking--
        this.#wakeNext()
      })
    }
  }

  async #wakeNow(scope: TenantScope): Promise<void> {
    try {
      await this.resume(scope)
    } catch (err) {
      this.#context.logger.warn({ err, tenant: scope.tenantId }, 'transactions could not be read')
    }
  }

  #tenant(scope: TenantScope): Promise<TenantTransactions> {
    const { tenantId } = scope
    const held = this.#tenants.get(tenantId)
    if (held) return held
    const loading = TenantTransactions.load(scope, this.#context)
    this.#tenants.set(tenantId, loading)
    loading.then(
      (tenant) => this.#tenants.get(tenantId) === loading && this.#loaded.set(tenantId, tenant),
      () => this.#tenants.get(tenantId) === loading && this.#tenants.delete(tenantId),
    )
    return loading
  }

  #close(loading: Promise<TenantTransactions>): void {
    const closing = loading
      .then(
        (tenant) => tenant.close(),
        () => {}, // What could not be loaded has nothing to close; who asked for it was told.
      )
      .then(() => void this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}

const isGroupName = (group: string): boolean =>
  group !== '' &&
  !group.includes('\u0000') &&
  group.isWellFormed() &&
  Buffer.byteLength(group) <= logLimits.groupNameBytes
