import type { Clock, Logger } from '@koine/base'
import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { isPlatformTopic } from '../topics/topic-names.ts'
import type { ActiveProducer } from './active-producer.ts'
import { type FetchedPartition, fetchRecords, type FetchRequest } from './fetch.ts'
import { findOffset, type FoundOffset, type OffsetQuery } from './find-offset.ts'
import { HeldBytes } from './held-bytes.ts'
import type { Isolation } from './isolation.ts'
import { Lanes } from './lanes.ts'
import { type ProduceOutcome, refused } from './produce-outcome.ts'
import { defaultSavePolicy, type SavePolicy } from './state-saver.ts'
import type { EndTransactionOutcome, TransactionEnd, TransactionGate } from './transaction-gate.ts'

export interface RecordsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: StreamsLimits
  readonly gate: TransactionGate
  readonly saving?: Partial<SavePolicy>
}

/** The records of clients' topics: appended once each, in order, and read with or without those of open transactions. */
export class Records implements AsyncDisposable {
  readonly #clock: Clock
  readonly #limits: StreamsLimits
  readonly #lanes: Lanes
  readonly #held: HeldBytes
  readonly #closing = new AbortController()

  constructor({ clock, logger, limits, gate, saving }: RecordsOptions) {
    this.#clock = clock
    this.#limits = limits
    this.#held = new HeldBytes(limits.fetchBytesHeld)
    this.#lanes = new Lanes({
      clock,
      logger,
      limits,
      gate,
      saving: { ...defaultSavePolicy, ...saving },
      held: { producers: 0 },
    })
  }

  /**
   * Appends one record batch; as durable as its topic asks for when it resolves. Calls for one partition take effect in the order they are made,
   * without waiting for each other, and a batch that an idempotent producer sends again is answered, not doubled.
   * @param records the bytes of exactly one record batch, which are the log's from here on
   */
  produce(scope: TenantScope, at: Partition, records: Uint8Array): Promise<ProduceOutcome> {
    if (isPlatformTopic(at.topic)) {
      return Promise.resolve(refused('reserved', `${at.topic} belongs to the platform and can't be written.`))
    }
    return this.#lanes.use(scope, at, (lane) => lane.append(records))
  }

  /** Reads from several partitions, waiting for `bytesMin` up to `waitMsMax`. Both bounds are held to the limits. */
  fetch(scope: TenantScope, request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const bounded: FetchRequest = {
      ...request,
      bytesMax: Math.min(request.bytesMax, this.#limits.fetchBytesMax),
      waitMsMax: Math.min(request.waitMsMax, this.#limits.fetchWaitMsMax),
    }
    const closing = this.#closing.signal
    return fetchRecords(scope, bounded, { clock: this.#clock, lanes: this.#lanes, held: this.#held, closing })
  }

  findOffset(
    scope: TenantScope,
    at: Partition,
    query: OffsetQuery,
    isolation: Isolation = 'read-uncommitted',
  ): Promise<FoundOffset> {
    return findOffset(scope, at, { query, isolation, lanes: this.#lanes })
  }

  /**
   * Ends the producer's transaction in the partition, in its turn with what is appended there; durable when it resolves.
   * Where none of that epoch is open nothing is written, so that it may be repeated.
   */
  endTransaction(scope: TenantScope, at: Partition, end: TransactionEnd): Promise<EndTransactionOutcome> {
    return this.#lanes.use(scope, at, (lane) => lane.end(end))
  }

  /** Before this offset every record's transaction has ended; undefined when there is no such partition. */
  async lastStableOffset(scope: TenantScope, at: Partition): Promise<number | undefined> {
    const found = await this.findOffset(scope, at, 'latest', 'read-committed')
    return found.ok ? found.offset : undefined
  }

  /** Who has written to the partition lately with sequence numbers; undefined when there is no such partition. */
  async producers(scope: TenantScope, at: Partition): Promise<readonly ActiveProducer[] | undefined> {
    return this.#lanes.use(scope, at, async (lane) => (await lane.known())?.state.describe(this.#clock.now()))
  }

  /**
   * Keeps what is known of the partition's producers and transactions. Before records go, for whatever reason.
   * @returns up to where the log's records aren't needed any more to know it, and where no transaction is open; undefined
   * when there is no such partition
   */
  checkpoint(scope: TenantScope, at: Partition): Promise<number | undefined> {
    if (isPlatformTopic(at.topic)) return this.lastStableOffset(scope, at)
    return this.#lanes.use(scope, at, (lane) => lane.checkpoint())
  }

  /** Forgets what was known of a topic that has been deleted. */
  forgetTopic(scope: TenantScope, topic: Topic): Promise<void> {
    return this.#lanes.forgetTopic(scope, topic)
  }

  /** Drops what is held in memory of a tenant that is suspended or deleted. */
  forget(tenantId: string): void {
    this.#lanes.forget(tenantId)
  }

  /** Ends all waiting; the fetches are answered with what there is. */
  stopWaiting(): void {
    this.#closing.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopWaiting()
    await this.#lanes.save()
  }
}
