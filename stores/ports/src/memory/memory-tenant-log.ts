import { randomUUID } from 'node:crypto'
import { type Clock, KoineError } from '@koine/base'
import { AppendListeners, partitionKey } from '../append-listeners.ts'
import { compareBytewise } from '../bytewise.ts'
import type { Faults } from '../faults.ts'
import type {
  AppendOptions,
  AppendResult,
  CommittedOffset,
  DeleteRecordsResult,
  LogUsage,
  NewTopic,
  Partition,
  PartitionBounds,
  ReadOptions,
  ReadResult,
  RewriteOptions,
  RewriteResult,
  TenantLog,
  Topic,
} from '../log.ts'
import {
  checkAppend,
  checkBefore,
  checkCommit,
  checkGroup,
  checkNewTopic,
  checkPartitionCount,
  checkRead,
  checkSettings,
} from '../log-validation.ts'
import { around } from './around.ts'
import { MemoryPartition } from './memory-partition.ts'

interface HeldTopic {
  readonly topic: Topic
  readonly partitions: readonly MemoryPartition[]
}

/** One tenant's topics and committed offsets in memory. */
export class MemoryTenantLog implements TenantLog {
  readonly #clock: Pick<Clock, 'now'>
  readonly #faults: Faults
  readonly #topics = new Map<string, HeldTopic>()
  readonly #groups = new Map<string, Map<string, CommittedOffset>>()
  readonly #listeners = new AppendListeners()
  #readBytes = 0

  constructor(clock: Pick<Clock, 'now'>, faults: Faults) {
    this.#clock = clock
    this.#faults = faults
  }

  createTopic(topic: NewTopic): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'exists' }> {
    return this.#around('createTopic', () => {
      checkNewTopic(topic)
      if (this.#topics.has(topic.name)) return { ok: false, reason: 'exists' }
      const made = Object.freeze({
        name: topic.name,
        partitions: topic.partitions,
        settings: Object.freeze({ ...topic.settings }),
        id: randomUUID().replaceAll('-', ''),
        createdAtMs: this.#clock.now(),
      })
      const partitions = Array.from({ length: topic.partitions }, () => new MemoryPartition())
      this.#topics.set(topic.name, { topic: made, partitions })
      return { ok: true, topic: made }
    })
  }

  deleteTopic(name: string): Promise<boolean> {
    return this.#around('deleteTopic', () => {
      const held = this.#topics.get(name)
      if (!held) return false
      this.#topics.delete(name)
      for (const group of this.#groups.keys()) this.#forget(group, (each) => each.topic === name)
      this.#notifyAll(held)
      return true
    })
  }

  addPartitions(
    name: string,
    partitions: number,
  ): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'no-such-topic' | 'not-more' }> {
    return this.#around('addPartitions', () => {
      checkPartitionCount(partitions)
      const held = this.#topics.get(name)
      if (!held) return { ok: false, reason: 'no-such-topic' }
      const added = partitions - held.partitions.length
      if (added <= 0) return { ok: false, reason: 'not-more' }
      const topic = Object.freeze({ ...held.topic, partitions })
      const more = Array.from({ length: added }, () => new MemoryPartition())
      this.#topics.set(name, { topic, partitions: [...held.partitions, ...more] })
      this.#notifyAll(held)
      return { ok: true, topic }
    })
  }

  changeSettings({ name, id }: Pick<Topic, 'name' | 'id'>, settings: Topic['settings']): Promise<Topic | undefined> {
    return this.#around('changeSettings', () => {
      checkSettings(settings)
      const held = this.#topics.get(name)
      if (held?.topic.id !== id) return undefined
      const topic = Object.freeze({ ...held.topic, settings: Object.freeze({ ...settings }) })
      this.#topics.set(name, { ...held, topic })
      return topic
    })
  }

  topic(name: string): Promise<Topic | undefined> {
    return this.#around('topic', () => this.#topics.get(name)?.topic)
  }

  topics(): Promise<readonly Topic[]> {
    return this.#around('topics', () =>
      [...this.#topics.values()].map(({ topic }) => topic).sort((a, b) => compareBytewise(a.name, b.name)),
    )
  }

  /** Nothing here survives the process: all durabilities are the same. */
  append(at: Partition, batches: Uint8Array, _options?: AppendOptions): Promise<AppendResult> {
    return this.#around('append', () => {
      const checked = checkAppend(batches)
      const partition = this.#partition(at)
      if (!partition) return { ok: false, reason: 'no-such-partition' }
      const baseOffset = partition.append(checked)
      this.#listeners.notify(at)
      return { ok: true, baseOffset, startOffset: partition.bounds.startOffset }
    })
  }

  read(at: Partition, options: ReadOptions): Promise<ReadResult> {
    return this.#around('read', () => {
      checkRead(options)
      const read = this.#partition(at)?.read(options) ?? { ok: false, reason: 'no-such-partition' }
      if (read.ok) for (const { length } of read.batches) this.#readBytes += length
      return read
    })
  }

  bounds(at: Partition): Promise<PartitionBounds | undefined> {
    return this.#around('bounds', () => this.#partition(at)?.bounds)
  }

  findTimestamp(at: Partition, timestampMs: number): Promise<{ offset: number; timestampMs: number } | undefined> {
    return this.#around('findTimestamp', () => this.#partition(at)?.findTimestamp(timestampMs))
  }

  size(at: Partition): Promise<number | undefined> {
    return this.#around('size', () => this.#partition(at)?.bytes)
  }

  findSize(at: Partition, bytes: number): Promise<number | undefined> {
    return this.#around('findSize', () => this.#partition(at)?.findSize(bytes))
  }

  deleteRecords(at: Partition, before: number): Promise<DeleteRecordsResult> {
    return this.#around('deleteRecords', () => {
      checkBefore(before)
      return this.#partition(at)?.deleteRecords(before) ?? { ok: false, reason: 'no-such-partition' }
    })
  }

  rewrite(at: Partition, options: RewriteOptions): Promise<RewriteResult> {
    return this.#around('rewrite', () => {
      checkBefore(options.before)
      return this.#partition(at)?.rewrite(options) ?? { ok: false, reason: 'no-such-partition' }
    })
  }

  onAppend(at: Partition, listener: () => void): Disposable {
    return this.#listeners.add(at, listener)
  }

  commitOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#around('commitOffsets', () => {
      checkCommit(group, offsets)
      for (const at of offsets) if (!this.#partition(at)) throw noSuchPartition(at)
      if (offsets.length === 0) return
      const held = this.#groups.get(group) ?? new Map<string, CommittedOffset>()
      for (const offset of offsets) held.set(partitionKey(offset), this.#committed(offset))
      this.#groups.set(group, held)
    })
  }

  committedOffsets(group: string): Promise<readonly CommittedOffset[]> {
    return this.#around('committedOffsets', () => {
      checkGroup(group)
      return [...(this.#groups.get(group)?.values() ?? [])]
    })
  }

  deleteOffsets(group: string, partitions?: readonly Partition[]): Promise<void> {
    return this.#around('deleteOffsets', () => {
      checkGroup(group)
      const named = partitions && new Set(partitions.map(partitionKey))
      this.#forget(group, (each) => !named || named.has(partitionKey(each)))
    })
  }

  groups(): Promise<readonly string[]> {
    return this.#around('groups', () => [...this.#groups.keys()].sort(compareBytewise))
  }

  usage(): Promise<LogUsage> {
    return this.#around('usage', () => {
      const partitions = [...this.#topics.values()].flatMap((held) => held.partitions)
      return {
        localSegments: partitions.length,
        localBytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
        tieredSegments: 0,
        tieredBytes: 0,
        damagedSegments: 0,
        readBytes: { cache: this.#readBytes, local: 0, tiered: 0 },
      }
    })
  }

  clear(): void {
    const topics = [...this.#topics.values()]
    this.#topics.clear()
    this.#groups.clear()
    for (const held of topics) this.#notifyAll(held)
  }

  #around<T>(operation: string, effect: () => T): Promise<Awaited<T>> {
    return around(this.#faults, `log.${operation}`, effect)
  }

  #partition({ topic, partition }: Partition): MemoryPartition | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  #committed({ topic, partition, offset, leaderEpoch, metadata, committedAtMs }: CommittedOffset): CommittedOffset {
    return Object.freeze({
      topic,
      partition,
      offset,
      leaderEpoch: leaderEpoch ?? -1,
      metadata: metadata ?? '',
      committedAtMs: committedAtMs ?? this.#clock.now(),
    })
  }

  #forget(group: string, which: (offset: CommittedOffset) => boolean): void {
    const held = this.#groups.get(group)
    if (!held) return
    for (const [key, offset] of held) if (which(offset)) held.delete(key)
    if (held.size === 0) this.#groups.delete(group)
  }

  #notifyAll({ topic }: HeldTopic): void {
    for (let partition = 0; partition < topic.partitions; partition++) {
      this.#listeners.notify({ topic: topic.name, partition })
    }
  }
}

const noSuchPartition = (at: Partition): KoineError =>
  new KoineError('not_found', `There is no partition ${at.partition} of a topic '${at.topic}'.`)
