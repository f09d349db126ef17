import { encodeEndMarker, readRecordBatchHeader, recordBatchHeaderBytes } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantScope } from '@koine/stores-ports'
import { type CheckedBatch, checkRecords } from './check-records.ts'
import { answerWithoutAppend, epochOf } from './check-sequence.ts'
import { FailedStarts } from './failed-starts.ts'
import { InFlight } from './in-flight.ts'
import {
  type HeldPartition,
  type KnowledgeContext,
  type KnownPartition,
  PartitionKnowledge,
} from './partition-knowledge.ts'
import type { PartitionState } from './partition-state.ts'
import { type ProduceOutcome, refused } from './produce-outcome.ts'
import type { EndTransactionOutcome, TransactionEnd, TransactionGate, TransactionProblem } from './transaction-gate.ts'

const noProducer = -1
const noSuchPartition = refused('no-such-partition', 'There is no such partition.')

/** What the lanes of all partitions share. */
export interface LaneContext extends KnowledgeContext {
  readonly gate: TransactionGate
}

/** An append that has begun. Wrapped, because an async function can't return a promise without waiting for it. */
interface Begun {
  readonly outcome: ProduceOutcome | Promise<ProduceOutcome>
}

/**
 * Everything that changes one partition, in turn: appends begin in the order of the calls, without waiting for one append
 * before the next, and nothing of an idempotent producer gets in twice. There is one lane for a partition's name at a time,
 * so nobody else appends to it; should somebody all the same, the log is read again.
 */
export class PartitionLane {
  /** Counts uses, over all lanes; the smallest was longest unused. */
  usedAt = 0
  /** Calls and readers that rely on it staying the partition's only lane. */
  users = 0
  readonly #scope: TenantScope
  readonly #at: Partition
  readonly #context: LaneContext
  readonly #knowledge: PartitionKnowledge
  readonly #inFlight = new InFlight()
  readonly #failedStarts = new FailedStarts()
  readonly #listeners = new Set<() => void>()
  readonly #whenQuiet = (): Promise<void> => this.#inFlight.whenEmpty()
  /** Settles when the call before has begun its append. */
  #turn: Promise<unknown> = Promise.resolve()
  #turnsTaken = 0

  constructor(scope: TenantScope, at: Partition, context: LaneContext) {
    this.#scope = scope
    this.#at = { topic: at.topic, partition: at.partition }
    this.#context = context
    this.#knowledge = new PartitionKnowledge(scope, this.#at, context)
  }

  /** Nobody waits for anything here. */
  get isIdle(): boolean {
    const isSaving = this.#knowledge.held?.saver.isSaving === true
    return this.users === 0 && this.#turnsTaken === 0 && this.#inFlight.isEmpty && !isSaving
  }

  /** The tenant is gone, or suspended: nothing of it is kept any more. */
  set isForgotten(isForgotten: boolean) {
    this.#knowledge.isForgotten = isForgotten
  }

  get isForgotten(): boolean {
    return this.#knowledge.isForgotten
  }

  /** The state as far as it is held, for who may do without it. */
  get heldState(): PartitionState | undefined {
    return this.#knowledge.held?.state
  }

  /** @param records the bytes of exactly one record batch */
  append(records: Uint8Array): Promise<ProduceOutcome> {
    return this.#inTurn(() => this.#begin(records)).then(({ outcome }) => outcome)
  }

  /** Appends the marker that ends the producer's transaction; nothing when none is open. */
  async end(end: TransactionEnd): Promise<EndTransactionOutcome> {
    const { outcome } = await this.#inTurn(() => this.#beginEnd(end))
    const ended = await outcome
    return ended.ok ? { ok: true } : { ok: false, reason: 'no-such-partition' }
  }

  /** The partition with its state, read from the log where that must be; undefined when there is none. */
  async known(): Promise<KnownPartition | undefined> {
    return (await this.#knowledge.upToDate()) ?? this.#inTurn(() => this.#current())
  }

  /** Looks into the log again, where it holds more than was appended here. */
  async lookAgain({ endOffset }: { readonly endOffset: number }): Promise<void> {
    const isBehind = (): boolean => endOffset > (this.heldState?.appliedTo ?? 0) && this.#inFlight.isEmpty
    if (!isBehind()) return
    await this.#inTurn(async () => {
      if (isBehind()) this.#knowledge.doubt()
      await this.#current()
    })
  }

  /** Calls the listener after the state moved on: more of the partition may be stable. */
  onMoved(listener: () => void): Disposable {
    const call = (): void => listener()
    this.#listeners.add(call)
    return { [Symbol.dispose]: () => void this.#listeners.delete(call) }
  }

  /**
   * Keeps the state as it is now, so that what it was made from may leave the log.
   * @returns up to where nothing in the log is needed any more; undefined when there is no such partition
   */
  checkpoint(): Promise<number | undefined> {
    return this.#inTurn(async () => {
      // What readers can see already, and so may want gone, is known with its append's answer.
      await this.#whenQuiet()
      const known = await this.#current()
      if (!known) return undefined
      await known.saver.saveAll()
      return Math.min(known.saver.savedTo, known.state.lastStableOffset)
    })
  }

  /** Lets go of what is known of a topic that is gone. */
  leave(topicId: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#knowledge.held?.id.topicId === topicId) await this.#knowledge.forget()
    })
  }

  /** Keeps the state, if it has changed; the lane goes on. */
  async save(): Promise<void> {
    await this.#turn
    await this.#inFlight.whenEmpty()
    await this.#knowledge.held?.saver.saveAll()
  }

  /** What is held of the state is given up: another lane may take its place. Nothing is saved from here on. */
  close(): void {
    this.#knowledge.close()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#turnsTaken++
    const done = this.#turn.then(work)
    const next = (): void => void this.#turnsTaken--
    this.#turn = done.then(next, next) // The caller sees the failure; the next call's turn comes all the same.
    return done
  }

  async #current(): Promise<HeldPartition | undefined> {
    const wasSure = this.#knowledge.isSure
    const current = await this.#knowledge.current(this.#whenQuiet)
    if (!wasSure) this.#moved()
    return current
  }

  async #begin(records: Uint8Array): Promise<Begun> {
    try {
      const known = await this.#current()
      if (!known) return { outcome: noSuchPartition }
      const { limits, clock } = this.#context
      const checked = checkRecords(records, { topic: known.topic, limits, nowMs: clock.now() })
      if (!checked.ok) return { outcome: checked.refusal }
      const answer = checked.header.producerId === noProducer ? undefined : await this.#answer(checked, known)
      return { outcome: answer ? answer.outcome : this.#append(checked) }
    } catch (cause) {
      this.#noteFailure(records)
      throw cause
    }
  }

  /** Why the producer's batch isn't appended; undefined when it is to be. */
  async #answer(checked: CheckedBatch, known: KnownPartition): Promise<Begun | undefined> {
    const { producerId, producerEpoch, isTransactional } = checked.header
    const problem = this.#problem(checked, known)
    if (problem || !isTransactional) return problem
    const refusal = await this.#context.gate.problem(this.#scope, this.#at, { producerId, producerEpoch })
    if (refusal) return { outcome: refusedByGate(refusal) }
    // An append before this one may have failed meanwhile.
    if (this.#knowledge.isSure) return undefined
    const again = await this.#current()
    return again ? this.#problem(checked, again) : { outcome: noSuchPartition }
  }

  #problem({ header, appendTimeMs }: CheckedBatch, { state }: KnownPartition): Begun | undefined {
    const { producerId, isTransactional } = header
    const outcome = answerWithoutAppend(header, {
      ...this.#ofProducer(producerId, state),
      failedStart: this.#failedStarts.ahead(header),
      startOffset: this.#knowledge.startOffset,
      isTimedByLog: appendTimeMs !== undefined,
    })
    if (outcome) return { outcome }
    const isOpen = this.#hasOpenTransaction(producerId, state)
    if (isOpen && !isTransactional) {
      const message = `Producer ${producerId} has a transaction open, and this batch isn't part of it.`
      return { outcome: refused('invalid-transaction-state', message) }
    }
    if (!isOpen && isTransactional && state.openTransactions >= this.#context.limits.producersPerPartition) {
      return { outcome: refused('too-many-transactions', 'Too many transactions are open in this partition.') }
    }
    return undefined
  }

  async #beginEnd(end: TransactionEnd): Promise<Begun> {
    const known = await this.#current()
    if (!known) return { outcome: noSuchPartition }
    const { producerId, producerEpoch, commit, coordinatorEpoch } = end
    const nothing: Begun = { outcome: { ok: true, baseOffset: -1, startOffset: this.#knowledge.startOffset } }
    if (!this.#hasOpenTransaction(producerId, known.state)) return nothing
    // An older epoch's end: what is open now is another transaction.
    const epoch = epochOf(this.#ofProducer(producerId, known.state))
    if (epoch !== undefined && producerEpoch < epoch) return nothing
    if (!commit) await known.saver.makeRoom()
    const timestampMs = this.#context.clock.now()
    const records = encodeEndMarker({ producerId, producerEpoch, commit, coordinatorEpoch, timestampMs })
    const header = readRecordBatchHeader(records)
    // With the marker, all that stands before it is on the disk, whatever the topic asks for.
    return { outcome: this.#append({ ok: true, records, header, durability: 'sync' }, end) }
  }

  #append(checked: CheckedBatch, marker?: TransactionEnd): Promise<ProduceOutcome> {
    const { records, header, appendTimeMs, durability } = checked
    const { held } = this.#knowledge
    this.#inFlight.count()
    const outcome = this.#scope.log.append(this.#at, records, { durability }).then(
      (result): ProduceOutcome => {
        this.#inFlight.ended(header)
        if (!result.ok) return noSuchPartition
        const { baseOffset, startOffset } = result
        this.#knowledge.startOffset = startOffset
        this.#failedStarts.begun(header)
        const placed = marker ? { baseOffset, marker } : { baseOffset }
        if (held && !this.#knowledge.applied(held, header, placed)) this.#lookAgainSoon()
        this.#moved()
        return { ok: true, baseOffset, startOffset, ...(appendTimeMs !== undefined && { appendTimeMs }) }
      },
      (cause: unknown) => {
        this.#inFlight.ended(header)
        this.#noteFailure(records)
        this.#lookAgainSoon()
        throw cause
      },
    )
    this.#inFlight.begun(header, outcome)
    return outcome
  }

  #noteFailure(records: Uint8Array): void {
    if (records.length < recordBatchHeaderBytes) return
    const header = readRecordBatchHeader(records)
    if (header.producerId !== noProducer && !header.isControl) this.#failedStarts.failed(header)
  }

  #lookAgainSoon(): void {
    if (!this.#knowledge.isSure) return
    this.#knowledge.doubt()
    // Whoever comes next tries again and hears of the failure.
    this.#inTurn(() => this.#current()).catch(() => {})
  }

  #ofProducer(producerId: number, state: PartitionState) {
    return { state: state.producer(producerId, this.#context.clock.now()), flying: this.#inFlight.of(producerId) }
  }

  #hasOpenTransaction(producerId: number, state: PartitionState): boolean {
    return this.#inFlight.opensTransaction(producerId) ?? state.hasOpenTransaction(producerId)
  }

  #moved(): void {
    if (this.#listeners.size === 0) return
    for (const listener of [...this.#listeners]) listener()
  }
}

const refusedByGate = (problem: TransactionProblem): ProduceOutcome =>
  problem === 'producer-fenced'
    ? refused('stale-producer-epoch', 'A newer producer has taken over the transactional id.')
    : refused('not-in-transaction', 'The partition is in no open transaction of this producer.')
