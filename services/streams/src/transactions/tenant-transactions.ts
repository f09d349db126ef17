import { type Partition, partitionKey, type TenantScope } from '@koine/stores-ports'
import type { ProducerIdentity, TransactionProblem } from '../records/transaction-gate.ts'
import { TransactionLedger } from './ledger.ts'
import { following, isCurrent, type NextIdentity, nextIdentity } from './next-identity.ts'
import { acceptOffsets, type GivenOffsets, type GivenOutcome } from './offset-commits.ts'
import type { InitOutcome, TransactionalProducer, TransactionFailure } from './outcomes.ts'
import {
  type Additions,
  decided,
  entriesOf,
  extended,
  includes,
  isEnding,
  neverStarted,
  type Transaction,
} from './transaction.ts'
import type { TransactionContext } from './transaction-context.ts'
import type { Held } from './transaction-store.ts'

export interface ProducerRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Who the producer says it is, to go on after an error (KIP-360). */
  readonly claimed: ProducerIdentity | undefined
}

/** The coordinator of one tenant's transactions: what each request of a producer does, and why it is refused. */
export class TenantTransactions {
  readonly #scope: TenantScope
  readonly #context: TransactionContext
  readonly #ledger: TransactionLedger

  private constructor(scope: TenantScope, context: TransactionContext, ledger: TransactionLedger) {
    this.#scope = scope
    this.#context = context
    this.#ledger = ledger
  }

  static async load(scope: TenantScope, context: TransactionContext): Promise<TenantTransactions> {
    return new TenantTransactions(scope, context, await TransactionLedger.load(scope, context))
  }

  /** Gives a producer its identity, and fences whoever had the transactional id before. */
  init(request: ProducerRequest): Promise<InitOutcome> {
    return this.#ledger.step(request.transactionalId, async (found) => {
      const held = found && (await this.#ended(found))
      if (found && !held) return refused('concurrent-transactions')
      if (held?.transaction.state === 'Ongoing') return this.#takeOver(held, request)
      if (!held && !(await this.#makeRoom())) return refused('too-many-transactional-ids')
      return this.#assign(held, nextIdentity(held?.transaction, request.claimed), request)
    })
  }

  /** Adds partitions or a group to the producer's transaction, which begins with the first of them. */
  extend(producer: TransactionalProducer, additions: Additions): Promise<TransactionFailure | undefined> {
    return this.#ledger.step(producer.transactionalId, async (found) => {
      if (!isOf(found, producer)) return whyNotOf(found, producer)
      const held = await this.#ended(found)
      if (!held) return 'concurrent-transactions'
      if (includes(held.transaction, additions)) return undefined
      const next = extended(held.transaction, additions, this.#context.clock.now())
      if (!this.#hasRoomFor(next, held.transaction)) return 'transaction-too-large'
      await this.#ledger.put(next, held)
      return undefined
    })
  }

  /** Notes the offsets that become the group's if the transaction commits. */
  giveOffsets(producer: TransactionalProducer, given: GivenOffsets): Promise<GivenOutcome> {
    const all = (failure: TransactionFailure): GivenOutcome => given.offsets.map(() => failure)
    return this.#ledger.step(producer.transactionalId, async (held) => {
      if (!isOf(held, producer)) return all(whyNotOf(held, producer))
      const { transaction } = held
      if (isEnding(transaction)) return all('concurrent-transactions')
      const isIn = transaction.state === 'Ongoing' && transaction.groups.has(given.claim.groupId)
      if (!isIn) return all('invalid-transaction-state')
      const { outcome, pending } = await acceptOffsets(this.#scope, given, this.#context)
      if (!this.#hasRoomForOffsets(held, pending.length)) return all('transaction-too-large')
      if (pending.length > 0) await this.#ledger.addOffsets(held, pending)
      return outcome
    })
  }

  /**
   * Ends the producer's transaction. Decided and durable when it resolves, and but for failures, which are tried again,
   * visible to readers in every partition. May be repeated.
   */
  end(producer: TransactionalProducer, commit: boolean): Promise<TransactionFailure | undefined> {
    const [deciding, done] = commit ? ['PrepareCommit', 'CompleteCommit'] : ['PrepareAbort', 'CompleteAbort']
    return this.#ledger.step(producer.transactionalId, async (held) => {
      if (!isOf(held, producer)) return whyNotOf(held, producer)
      const { transaction } = held
      if (transaction.state === done) return undefined
      if (transaction.state === deciding) {
        return (await this.#ledger.finish(held)) ? undefined : 'concurrent-transactions'
      }
      if (transaction.state !== 'Ongoing') return 'invalid-transaction-state'
      const now = this.#context.clock.now()
      await this.#ledger.finish(await this.#ledger.put(decided(transaction, commit, now), held))
      return undefined
    })
  }

  /** See `TransactionGate`. */
  async problem(at: Partition, producer: ProducerIdentity): Promise<TransactionProblem | undefined> {
    const transactionalId = this.#ledger.held.idOf(producer.producerId)
    const held = transactionalId === undefined ? undefined : await this.#ledger.current(transactionalId)
    if (!held) return 'invalid-transaction-state'
    const { producerId, producerEpoch, state, partitions } = held.transaction
    if (producerId !== producer.producerId || producerEpoch > producer.producerEpoch) return 'producer-fenced'
    const isIn = state === 'Ongoing' && partitions.has(partitionKey(at))
    return isIn && producerEpoch === producer.producerEpoch ? undefined : 'invalid-transaction-state'
  }

  /** The partitions, by `partitionKey`, in which the group's offset depends on transactions that have not ended. */
  pendingOffsets(group: string): ReadonlySet<string> {
    const open = this.#ledger.held.open().filter(({ transaction }) => transaction.groups.has(group))
    const pending = open.flatMap(({ offsets }) => [...offsets.values()].filter((offset) => offset.group === group))
    return new Set(pending.map(partitionKey))
  }

  describe(transactionalId: string): Transaction | undefined {
    return this.#ledger.live(transactionalId)?.transaction
  }

  list(): readonly Transaction[] {
    const ids = [...this.#ledger.held.all()].map(({ transaction }) => transaction.transactionalId)
    return ids.map((id) => this.describe(id)).filter((transaction) => transaction !== undefined)
  }

  get openCount(): number {
    return this.#ledger.held.openCount
  }

  settled(): Promise<void> {
    return this.#ledger.settled()
  }

  close(): Promise<void> {
    return this.#ledger.close()
  }

  /** Ends it first where that was decided; undefined when it could not be ended yet. */
  async #ended(held: Held): Promise<Held | undefined> {
    return isEnding(held.transaction) ? this.#ledger.finish(held) : held
  }

  /** Aborts the open transaction of the producer that is there, and gives the one that asks the identity after it. */
  async #takeOver(held: Held, request: ProducerRequest): Promise<InitOutcome> {
    const { claimed } = request
    if (claimed && !isCurrent(held.transaction, claimed)) return refused('producer-fenced')
    const aborted = await this.#ledger.abortFenced(held)
    if (!aborted) return refused('concurrent-transactions')
    return this.#assign(aborted, following(aborted.transaction, claimed), request)
  }

  async #assign(
    held: Held | undefined,
    next: NextIdentity,
    { transactionalId, timeoutMs }: ProducerRequest,
  ): Promise<InitOutcome> {
    if (next.kind === 'fenced') return refused('producer-fenced')
    if (next.kind === 'repeated') return granted(next.identity)
    const identity =
      next.kind === 'next'
        ? next.identity
        : { producerId: await this.#context.producerIds.next(this.#scope), producerEpoch: 0 }
    const transaction: Transaction = {
      transactionalId,
      state: 'Empty',
      ...identity,
      lastProducerId: next.last.producerId,
      lastProducerEpoch: next.last.producerEpoch,
      timeoutMs,
      partitions: new Map(),
      groups: new Set(),
      startedAtMs: neverStarted,
      updatedAtMs: this.#context.clock.now(),
    }
    await this.#ledger.put(transaction, held)
    return granted(identity)
  }

  /** For one more id: when there are too many, the one longest idle is forgotten before its time. */
  async #makeRoom(): Promise<boolean> {
    const { transactionalIds, transactionalIdIdleMsMin } = this.#context.limits
    if (this.#ledger.held.size < transactionalIds) return true
    return this.#ledger.forgetIdle(this.#context.clock.now() - transactionalIdIdleMsMin)
  }

  #hasRoomFor(next: Transaction, before: Transaction): boolean {
    const { partitionsPerTransaction, groupsPerTransaction, transactionEntries } = this.#context.limits
    const added = entriesOf(next) - entriesOf(before)
    return (
      next.partitions.size <= partitionsPerTransaction &&
      next.groups.size <= groupsPerTransaction &&
      this.#ledger.held.entries + added <= transactionEntries &&
      this.#ledger.fits(next)
    )
  }

  #hasRoomForOffsets({ offsets }: Held, count: number): boolean {
    const { offsetsPerTransaction, transactionEntries } = this.#context.limits
    const entries = this.#ledger.held.entries + count
    return offsets.size + count <= offsetsPerTransaction && entries <= transactionEntries
  }
}

const refused = (reason: TransactionFailure): InitOutcome => ({ ok: false, reason })

const granted = ({ producerId, producerEpoch }: ProducerIdentity): InitOutcome => ({
  ok: true,
  producerId,
  producerEpoch,
})

const isOf = (held: Held | undefined, producer: ProducerIdentity): held is Held =>
  held !== undefined && isCurrent(held.transaction, producer)

const whyNotOf = (held: Held | undefined, { producerId }: ProducerIdentity): TransactionFailure =>
  held?.transaction.producerId === producerId ? 'producer-fenced' : 'unknown-producer'
