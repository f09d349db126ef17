import { type Clock, KoineError } from '@koine/base'
import {
  type AppendOptions,
  type AppendResult,
  checkAppend,
  checkBefore,
  checkCommit,
  checkGroup,
  checkNewTopic,
  checkPartitionCount,
  checkRead,
  checkSettings,
  type CommittedOffset,
  type DeleteRecordsResult,
  type LogUsage,
  type NewTopic,
  type Partition,
  type PartitionBounds,
  type ReadOptions,
  type ReadResult,
  type RewriteOptions,
  type RewriteResult,
  type TenantTables,
  type Topic,
} from '@koine/stores-ports'
import type { Engine } from './engine.ts'
import { GroupOffsets } from './group-offsets.ts'
import { type LogState, type PartitionState, partitionState } from './log-state.ts'
import { PartitionMarks } from './partition-marks.ts'
import { PartitionSizes } from './partition-sizes.ts'
import { recoverLog } from './recovery.ts'
import { SegmentCleaner } from './segment-cleaner.ts'
import { SegmentReader } from './segment-reader.ts'
import { SegmentReplacer } from './segment-replacer.ts'
import { SegmentWriter } from './segment-writer.ts'
import { SpaceReclaimer } from './space-reclaimer.ts'
import { logUsage } from './tiers/log-usage.ts'
import { TenantTier, type TenantTierOptions, type Tier } from './tiers/tenant-tier.ts'
import { Tiering } from './tiers/tiering.ts'
import { TopicCatalog } from './topic-catalog.ts'
import { unreclaimed } from './unreclaimed.ts'
import { whileHeld } from './while-held.ts'

export interface TenantSegmentsOptions {
  readonly engine: Engine
  readonly clock: Pick<Clock, 'now'>
  readonly tables: TenantTables
  readonly directory: string
  /** Its part of the blob store. */
  readonly tier?: Pick<TenantTierOptions, 'blobs' | 'wake'> & Tier
  /** The partition holds more, or its topic is gone. */
  readonly onAppended: (at: Partition) => void
}

interface Recovered {
  readonly catalog: TopicCatalog
  readonly marks: PartitionMarks
  readonly state: LogState
  readonly hasUnreclaimed: boolean
}

/** The log of one tenant while it is open. */
export class TenantSegments {
  readonly #engine: Engine
  readonly #catalog: TopicCatalog
  readonly #marks: PartitionMarks
  readonly #offsets: GroupOffsets
  readonly #state: LogState
  readonly #writer: SegmentWriter
  readonly #reader: SegmentReader
  readonly #sizes: PartitionSizes
  readonly #cleaner: SegmentCleaner
  readonly #onAppended: (at: Partition) => void
  /** Where there is a blob store. */
  readonly tiering: Tiering | undefined
  /** Partitions in use by number, for their listeners. */
  readonly #names = new Map<number, Partition>()

  static async open(options: TenantSegmentsOptions): Promise<TenantSegments> {
    const { tables, clock, directory } = options
    const tier = options.tier && (await TenantTier.open({ ...options.tier, tables }))
    const engine = { ...options.engine, tier }
    const catalog = await TopicCatalog.load(tables, clock)
    const isLive = (number: number): boolean => catalog.isLive(number)
    const marks = await PartitionMarks.load(tables, isLive)
    const state = await recoverLog(engine, directory, {
      isLive,
      startOffset: (number) => marks.startOffset(number),
      gapsBefore: (number) => marks.gapsBefore(number),
      started: () => marks.started(),
    })
    const hasUnreclaimed = (await unreclaimed.noted(tables)) !== undefined
    return new TenantSegments({ ...options, engine }, { catalog, marks, state, hasUnreclaimed })
  }

  constructor(
    { engine, clock, tables, onAppended }: TenantSegmentsOptions,
    { catalog, marks, state, hasUnreclaimed }: Recovered,
  ) {
    this.#engine = engine
    this.#catalog = catalog
    this.#marks = marks
    this.#offsets = new GroupOffsets(tables, clock, (topic) => catalog.find(topic)?.topic.id)
    this.#state = state
    this.#onAppended = onAppended
    const writer = new SegmentWriter(engine, state, {
      readable: (partitions) => this.#notify(partitions),
      sealed: (segment) => {
        this.#cleaner.reclaim([segment])
        this.tiering?.sealed(segment)
      },
    })
    const replacer = new SegmentReplacer(engine, state, marks)
    const reclaimer = new SpaceReclaimer({ engine, state, tables, writer, replacer })
    this.#writer = writer
    this.#reader = new SegmentReader(engine, state)
    this.#sizes = new PartitionSizes(engine, state)
    this.#cleaner = new SegmentCleaner({ engine, state, writer, replacer, reclaimer })
    this.tiering = engine.tier && new Tiering(engine, state)
    if (hasUnreclaimed) this.#cleaner.reclaim(state.sealed)
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
    const { sealed } = this.#state
    const deleted = await this.#cleaner.reclaimAfter(() => this.#catalog.delete(name), sealed)
    if (!deleted) return false
    for (const [partition, number] of deleted.numbers.entries()) {
      this.#state.partitions.delete(number)
      this.#names.delete(number)
      this.#onAppended({ topic: name, partition })
    }
    await this.#offsets.deleteTopic(name)
    await this.#marks.forget(deleted.numbers)
    return true
  }

  async addPartitions(
    name: string,
    partitions: number,
  ): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'no-such-topic' | 'not-more' }> {
    checkPartitionCount(partitions)
    const before = this.#catalog.find(name)?.topic.partitions ?? 0
    const added = await this.#catalog.addPartitions(name, partitions)
    if (added.ok) for (let partition = 0; partition < before; partition++) this.#onAppended({ topic: name, partition })
    return added
  }

  async changeSettings(topic: Pick<Topic, 'name' | 'id'>, settings: Topic['settings']): Promise<Topic | undefined> {
    checkSettings(settings)
    return this.#catalog.changeSettings(topic, settings)
  }

  topic(name: string): Topic | undefined {
    return this.#catalog.find(name)?.topic
  }

  topics(): readonly Topic[] {
    return this.#catalog.all()
  }

  async append(at: Partition, bytes: Uint8Array, { durability = 'sync' }: AppendOptions = {}): Promise<AppendResult> {
    const batches = checkAppend(bytes)
    const partition = this.#partition(at)
    if (!partition) return { ok: false, reason: 'no-such-partition' }
    const baseOffset = await this.#writer.append(partition, bytes, { batches, durability })
    return { ok: true, baseOffset, startOffset: this.#startOf(partition) }
  }

  async read(at: Partition, options: ReadOptions): Promise<ReadResult> {
    checkRead(options)
    const partition = this.#partition(at)
    if (!partition) return { ok: false, reason: 'no-such-partition' }
    const { offset, bytesMax } = options
    const bounds = this.#boundsOf(partition)
    if (offset < bounds.startOffset || offset > bounds.endOffset) {
      return { ok: false, reason: 'offset-out-of-range', ...bounds }
    }
    if (offset === bounds.endOffset) return { ok: true, batches: [], ...bounds }
    const batches = await this.#whileHeld(partition, async () =>
      offset < this.#startOf(partition) ? undefined : this.#reader.read(partition, offset, bytesMax),
    )
    if (!this.#catalog.isLive(partition.number)) return { ok: false, reason: 'no-such-partition' }
    const boundsNow = this.#boundsOf(partition)
    return batches && offset >= boundsNow.startOffset
      ? { ok: true, batches, ...boundsNow }
      : { ok: false, reason: 'offset-out-of-range', ...boundsNow }
  }

  bounds(at: Partition): PartitionBounds | undefined {
    const partition = this.#partition(at)
    return partition && this.#boundsOf(partition)
  }

  async findTimestamp(
    at: Partition,
    timestampMs: number,
  ): Promise<{ offset: number; timestampMs: number } | undefined> {
    const partition = this.#partition(at)
    if (!partition) return undefined
    for (;;) {
      const found = await this.#whileHeld(partition, () => this.#reader.findTimestamp(partition, timestampMs))
      // It may have been given up while it was looked for.
      if (!found || found.offset >= this.#startOf(partition)) return found
    }
  }

  async size(at: Partition): Promise<number | undefined> {
    const partition = this.#partition(at)
    return partition && this.#whileHeld(partition, () => this.#sizes.size(partition))
  }

  async findSize(at: Partition, bytes: number): Promise<number | undefined> {
    const partition = this.#partition(at)
    return partition && this.#whileHeld(partition, () => this.#sizes.findSize(partition, bytes))
  }

  async deleteRecords(at: Partition, before: number): Promise<DeleteRecordsResult> {
    checkBefore(before)
    const partition = this.#partition(at)
    if (!partition) return { ok: false, reason: 'no-such-partition' }
    const { number } = partition
    const { startOffset, endOffset } = this.#boundsOf(partition)
    if (before < 0 || before > endOffset) return { ok: false, reason: 'offset-out-of-range', startOffset, endOffset }
    if (before > startOffset) {
      const given = { partition: number, from: startOffset, before }
      await this.#cleaner.reclaimAfter(() => this.#marks.raise(number, { startOffset: before }), given)
    }
    if (!this.#catalog.isLive(number)) return { ok: false, reason: 'no-such-partition' }
    return { ok: true, ...this.#boundsOf(partition) }
  }

  async rewrite(at: Partition, options: RewriteOptions): Promise<RewriteResult> {
    checkBefore(options.before)
    const partition = this.#partition(at)
    if (!partition) return { ok: false, reason: 'no-such-partition' }
    const rewrittenTo = await this.#cleaner.rewrite(partition, options)
    return this.#catalog.isLive(partition.number)
      ? { ok: true, rewrittenTo }
      : { ok: false, reason: 'no-such-partition' }
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

  usage(): Promise<LogUsage> {
    return logUsage(this.#engine, this.#state, this.#reader.readBytes)
  }

  /** Finishes what was accepted and lets go of memory and files. */
  async close(): Promise<void> {
    this.#engine.tier?.close()
    await this.#cleaner.close()
    await this.tiering?.close()
    await this.#writer.close()
    for (const { path } of this.#state.sealed) this.#engine.openFiles.forget(path)
    // Whoever waits at a topic that may be gone has to look again.
    if (this.isStale) for (const at of this.#names.values()) this.#onAppended(at)
  }

  #partition({ topic, partition }: Partition): PartitionState | undefined {
    const number = this.#catalog.find(topic)?.numbers[partition]
    if (number === undefined) return undefined
    if (!this.#names.has(number)) this.#names.set(number, { topic, partition })
    return partitionState(this.#state, number)
  }

  #startOf({ number }: PartitionState): number {
    return this.#marks.startOffset(number)
  }

  #boundsOf(partition: PartitionState): PartitionBounds {
    return { startOffset: this.#startOf(partition), endOffset: partition.endOffset }
  }

  #notify(partitions: Iterable<PartitionState>): void {
    for (const { number } of partitions) {
      const at = this.#names.get(number)
      if (at) this.#onAppended(at)
    }
  }

  /** Undefined when the partition's topic was deleted meanwhile, and its segments perhaps with it. */
  #whileHeld<T>(partition: PartitionState, look: () => Promise<T>): Promise<T | undefined> {
    return whileHeld(this.#state, partition, look)
  }
}
