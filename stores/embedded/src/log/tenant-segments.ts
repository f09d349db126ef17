import { type Clock, KoineError } from '@koine/base'
import {
  type AppendResult,
  checkAppend,
  checkCommit,
  checkGroup,
  checkNewTopic,
  checkRead,
  type CommittedOffset,
  type NewTopic,
  type Partition,
  type PartitionBounds,
  type ReadOptions,
  type ReadResult,
  type TenantTables,
  type Topic,
} from '@koine/stores-ports'
import type { Engine } from './engine.ts'
import { GroupOffsets } from './group-offsets.ts'
import { indexOf } from './index-store.ts'
import { type LogState, type PartitionState, partitionState } from './log-state.ts'
import { recoverLog } from './recovery.ts'
import type { Segment } from './segment.ts'
import { SegmentReader } from './segment-reader.ts'
import { SegmentWriter } from './segment-writer.ts'
import { TopicCatalog } from './topic-catalog.ts'

export interface TenantSegmentsOptions {
  readonly engine: Engine
  readonly clock: Pick<Clock, 'now'>
  readonly tables: TenantTables
  readonly directory: string
  /** The partition holds more, or its topic is gone. */
  readonly onAppended: (at: Partition) => void
}

/** The log of one tenant while it is open. */
export class TenantSegments {
  readonly #engine: Engine
  readonly #catalog: TopicCatalog
  readonly #offsets: GroupOffsets
  readonly #state: LogState
  readonly #writer: SegmentWriter
  readonly #reader: SegmentReader
  readonly #onAppended: (at: Partition) => void
  /** Partitions in use by number, for their listeners. */
  readonly #names = new Map<number, Partition>()
  #reclaiming: Promise<void> = Promise.resolve()

  static async open(options: TenantSegmentsOptions): Promise<TenantSegments> {
    const catalog = await TopicCatalog.load(options.tables, options.clock)
    const state = await recoverLog(options.engine, options.directory, (number) => catalog.isLive(number))
    return new TenantSegments(options, catalog, state)
  }

  constructor({ engine, clock, tables, onAppended }: TenantSegmentsOptions, catalog: TopicCatalog, state: LogState) {
    this.#engine = engine
    this.#catalog = catalog
    this.#offsets = new GroupOffsets(tables, clock, (topic) => catalog.find(topic)?.topic.id)
    this.#state = state
    this.#onAppended = onAppended
    this.#writer = new SegmentWriter(engine, state, {
      durable: (partitions) => this.#notify(partitions),
      sealed: (segment) => this.#reclaim([segment]),
    })
    this.#reader = new SegmentReader(engine, state)
    if (catalog.hasUnreclaimed) this.#reclaimAll()
  }

  /** Whether nobody knows any more which topics there are: to be closed and opened again. */
  get isStale(): boolean {
    return this.#catalog.isStale
  }

  async createTopic(topic: NewTopic): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'exists' }> {
    checkNewTopic(topic)
    const made = await this.#catalog.create(topic)
    return made ? { ok: true, topic: made } : { ok: false, reason: 'exists' }
  }

  async deleteTopic(name: string): Promise<boolean> {
    const deleted = await this.#catalog.delete(name)
    if (!deleted) return false
    for (let partition = 0; partition < deleted.topic.partitions; partition++) {
      this.#state.partitions.delete(deleted.firstNumber + partition)
      this.#names.delete(deleted.firstNumber + partition)
      this.#onAppended({ topic: name, partition })
    }
    this.#reclaimAll()
    await this.#offsets.deleteTopic(name)
    return true
  }

  topic(name: string): Topic | undefined {
    return this.#catalog.find(name)?.topic
  }

  topics(): readonly Topic[] {
    return this.#catalog.all()
  }

  async append(at: Partition, bytes: Uint8Array): Promise<AppendResult> {
    const batches = checkAppend(bytes)
    const partition = this.#partition(at)
    if (!partition) return { ok: false, reason: 'no-such-partition' }
    const baseOffset = await this.#writer.append(partition, bytes, batches)
    return { ok: true, baseOffset, startOffset: 0 }
  }

  async read(at: Partition, options: ReadOptions): Promise<ReadResult> {
    checkRead(options)
    const partition = this.#partition(at)
    if (!partition) return { ok: false, reason: 'no-such-partition' }
    const { offset, bytesMax } = options
    if (offset < 0 || offset > partition.endOffset) {
      return { ok: false, reason: 'offset-out-of-range', ...boundsOf(partition) }
    }
    if (offset === partition.endOffset) return { ok: true, batches: [], ...boundsOf(partition) }
    const batches = await this.#whileLive(partition, () => this.#reader.read(partition, offset, bytesMax))
    return batches ? { ok: true, batches, ...boundsOf(partition) } : { ok: false, reason: 'no-such-partition' }
  }

  bounds(at: Partition): PartitionBounds | undefined {
    const partition = this.#partition(at)
    return partition && boundsOf(partition)
  }

  async findTimestamp(
    at: Partition,
    timestampMs: number,
  ): Promise<{ offset: number; timestampMs: number } | undefined> {
    const partition = this.#partition(at)
    if (!partition) return undefined
    return this.#whileLive(partition, () => this.#reader.findTimestamp(partition, timestampMs))
  }

  async commitOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    checkCommit(group, offsets)
    for (const { topic, partition } of offsets) {
      if (this.#partition({ topic, partition })) continue
      throw new KoineError('not_found', `There is no partition ${partition} of a topic '${topic}'.`)
    }
    if (offsets.length > 0) await this.#offsets.commit(group, offsets)
  }

  async committedOffsets(group: string): Promise<readonly CommittedOffset[]> {
    checkGroup(group)
    return this.#offsets.committed(group)
  }

  async deleteOffsets(group: string, partitions?: readonly Partition[]): Promise<void> {
    checkGroup(group)
    await this.#offsets.delete(group, partitions)
  }

  groups(): Promise<readonly string[]> {
    return this.#offsets.groups()
  }

  /** Finishes what was accepted and lets go of memory and files. */
  async close(): Promise<void> {
    await this.#writer.close()
    await this.#reclaiming
    for (const { path } of this.#state.sealed) this.#engine.openFiles.forget(path)
    // Whoever waits at a topic that may be gone has to look again.
    if (this.isStale) for (const at of this.#names.values()) this.#onAppended(at)
  }

  #partition({ topic, partition }: Partition): PartitionState | undefined {
    const found = this.#catalog.find(topic)
    if (!found || !(partition >= 0 && partition < found.topic.partitions)) return undefined
    const number = found.firstNumber + partition
    if (!this.#names.has(number)) this.#names.set(number, { topic, partition })
    return partitionState(this.#state, number)
  }

  #notify(partitions: Iterable<PartitionState>): void {
    for (const { number } of partitions) {
      const at = this.#names.get(number)
      if (at) this.#onAppended(at)
    }
  }

  /** Undefined when the partition's topic was deleted meanwhile, and its segments perhaps with it. */
  async #whileLive<T>({ number }: PartitionState, read: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      const { sealed } = this.#state
      try {
        return await read()
      } catch (cause) {
        if (!this.#catalog.isLive(number)) return undefined
        // A segment that it looked into on the way may have gone, with another topic.
        if (sealed !== this.#state.sealed) continue
        if (cause instanceof KoineError) throw cause
        throw new KoineError('unavailable', 'The log could not be read.', { cause })
      }
    }
  }

  #reclaimAll(): void {
    this.#reclaim(this.#state.sealed, () => this.#catalog.reclaimed())
  }

  /** Deletes, beside what goes on, those of the segments that hold nothing of a live topic. */
  #reclaim(segments: readonly Segment[], done?: () => Promise<void>): void {
    const before = this.#reclaiming
    const reclaim = async (): Promise<void> => {
      await before
      try {
        for (const segment of segments) await this.#deleteIfDead(segment)
        await done?.()
      } catch (error) {
        this.#engine.logger.warn(
          { err: error },
          'Segments of deleted topics were not removed; the next opening tries again',
        )
      }
    }
    this.#reclaiming = reclaim()
  }

  async #deleteIfDead(segment: Segment): Promise<void> {
    if (segment.unwritten || !this.#state.sealed.includes(segment)) return
    const index = await indexOf(this.#engine, this.#state, segment)
    for (const number of index.partitions()) if (this.#catalog.isLive(number) && index.frames(number)) return
    this.#state.sealed = this.#state.sealed.filter((each) => each !== segment)
    const { files, openFiles } = this.#engine
    for (const path of [segment.indexPath, segment.path]) {
      openFiles.forget(path)
      await files.remove(path)
    }
  }
}

const boundsOf = ({ endOffset }: PartitionState): PartitionBounds => ({ startOffset: 0, endOffset })
