import type { TenantId } from '@koine/base'

/**
 * **log** — topics of partitions of record batches, per tenant.
 *
 * The unit is Kafka's record batch (magic 2), opaque to the log except for its header: producers' batches are checked and
 * stored as they came, with only base offset and leader epoch patched, which their CRC doesn't cover. See
 * `@koine/protocols-kafka/record-batch`. Records are written and read through `EventLog`, built on this port.
 *
 * Semantics that every engine keeps, and why:
 * - `append` is atomic per call and partition, durable once it resolves unless the caller asks for less, and gives
 *   consecutive offsets. Offsets of a partition only grow and are never used twice, even over a crash, but for those of
 *   durability `os` that were lost with the machine: they are given out again.
 * - `append` takes its bytes over: it patches them in place and may keep them, so the caller neither changes nor reuses
 *   them. What `read` returns may be shared with other readers and is never changed.
 * - `read` returns whole batches, the first of which may start before `offset` (as in Kafka: the reader skips), and shows
 *   only what is acknowledged: durable, or as durable as its append asked for.
 * - Committed group offsets are a promise of the group's, kept until deleted: a handler sees a record at least once, and
 *   again after a crash between handling and commit (Kafka's commit semantics).
 * - Topics are known by name and by an id that is never reused: a topic made again under its old name is another topic.
 */
export interface Log extends AsyncDisposable {
  forTenant(tenant: TenantId): TenantLog
  /** Removes everything of the tenant, for ever. */
  dropTenant(tenant: TenantId): Promise<void>
}

export interface TenantLog {
  /** A failure is a value: the name is taken. */
  createTopic(topic: NewTopic): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'exists' }>
  /** False when there was none. Its records are gone for readers at once and from the disk later. */
  deleteTopic(name: string): Promise<boolean>
  topic(name: string): Promise<Topic | undefined>
  /** By name. */
  topics(): Promise<readonly Topic[]>
  /**
   * Partitions are only added; those added start at offset 0, and the others stay as they are. A failure is a value.
   * @param partitions how many the topic has then
   */
  addPartitions(
    name: string,
    partitions: number,
  ): Promise<{ ok: true; topic: Topic } | { ok: false; reason: 'no-such-topic' | 'not-more' }>
  /** Replaces all settings of a topic. Undefined when there is no topic of that name with that id. */
  changeSettings(topic: Pick<Topic, 'name' | 'id'>, settings: Topic['settings']): Promise<Topic | undefined>
  /**
   * @param batches one or more whole record batches, one after another, already checked by the caller
   * (`splitRecordBatches`, `checkRecordBatch`)
   * @throws KoineError `too_large`, `invalid_request`; `unavailable` when the engine failed and nothing was appended
   */
  append(at: Partition, batches: Uint8Array, options?: AppendOptions): Promise<AppendResult>
  read(at: Partition, options: ReadOptions): Promise<ReadResult>
  /** The oldest offset still held and the one that the next record gets; undefined when there is no such partition. */
  bounds(at: Partition): Promise<PartitionBounds | undefined>
  /**
   * The first batch still held, in the order of offsets, whose largest timestamp is at or after `timestampMs`: that
   * timestamp, and the batch's base offset, or the partition's start where the batch begins before it.
   */
  findTimestamp(at: Partition, timestampMs: number): Promise<{ offset: number; timestampMs: number } | undefined>
  /**
   * How many bytes of batches the partition holds; undefined when there is no such partition. Cheap: batches aren't read.
   * Where the start has moved into an append of several batches, it counts whole.
   */
  size(at: Partition): Promise<number | undefined>
  /**
   * The first offset from which on the partition holds at most `bytes` of batches, counted from the end in whole appends:
   * the end when the last one is larger, the start when everything fits. Undefined when there is no such partition.
   */
  findSize(at: Partition, bytes: number): Promise<number | undefined>
  /**
   * Gives up all records before an offset: they are gone for readers when it resolves, durably, and from the disk later.
   * The partition starts exactly there, also within a batch, whose earlier records the reader skips. Gives up nothing when
   * the partition starts there or later already. Never gives an offset out again. When it rejects, the records may be gone.
   * @param before at most the end; that one gives up everything
   */
  deleteRecords(at: Partition, before: number): Promise<DeleteRecordsResult>
  /**
   * Replaces batches by what `replace` makes of each, as log compaction does. The engine shows it, once and in order, each
   * batch that ends at or before `before`, but never the partition's newest batch, so that its end is kept, and perhaps not
   * the others of the same append. It may stop early and says how far it came. What it makes is durable when this resolves; a crash or a failure on the way leaves
   * each batch either as it was or as it was to be, the earlier ones changed before the later ones. The space of what went
   * is given back, the partition's bounds stay, and offsets have gaps, which `read` skips.
   *
   * Calls that are made together share the passes over an engine's files: compact partitions of one tenant side by side.
   * @throws KoineError `invalid_request` when `replace` makes something else than it may; what it throws; `unavailable`
   * when the engine failed
   */
  rewrite(at: Partition, options: RewriteOptions): Promise<RewriteResult>
  /** Calls `listener` after each append that became readable, and when the topic gets more partitions or is deleted. */
  onAppend(at: Partition, listener: () => void): Disposable
  /**
   * The last commit of a partition counts. Offsets of a deleted topic are forgotten with it.
   * @throws KoineError `not_found` when there is no such partition; then nothing was committed
   */
  commitOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void>
  /** All that the group has committed. */
  committedOffsets(group: string): Promise<readonly CommittedOffset[]>
  /** Forgets the group's offsets: all, or those of the given partitions. */
  deleteOffsets(group: string, partitions?: readonly Partition[]): Promise<void>
  /** Groups that have committed offsets. */
  groups(): Promise<readonly string[]>
  /** What the tenant's records take now, and where they were read from. Cheap: batches aren't read. */
  usage(): Promise<LogUsage>
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** Kafka's topic settings by name, such as `retention.ms`; what isn't set has Kafka's default. */
  readonly settings?: { readonly [name: string]: string }
}

export interface Topic extends Required<NewTopic> {
  /** A UUID, 32 hexadecimal digits. */
  readonly id: string
  readonly createdAtMs: number
}

export interface Partition {
  readonly topic: string
  readonly partition: number
}

/**
 * When an append is acknowledged. `sync`: it is on the disk and survives anything that the disk does. `os`: the operating
 * system has it, and brings it to the disk within seconds; it survives the process, and a machine that stops may lose what
 * was appended last. What is lost is the newest of a partition: nothing that stands before a `sync` append is. A reader that
 * has seen it stands behind the partition's end then, where other records come.
 */
export type Durability = 'sync' | 'os'

export interface AppendOptions {
  /** `sync` where it isn't said. */
  readonly durability?: Durability
}

export type AppendResult =
  | { readonly ok: true; readonly baseOffset: number; readonly startOffset: number }
  | { readonly ok: false; readonly reason: 'no-such-partition' }

export interface ReadOptions {
  readonly offset: number
  /** About how much to return; the first batch comes whole even when it is larger. */
  readonly bytesMax: number
}

export type ReadResult =
  | ({
      readonly ok: true
      /** Whole batches, possibly none. */ readonly batches: readonly Uint8Array[]
    } & PartitionBounds)
  | { readonly ok: false; readonly reason: 'no-such-partition' }
  | ({ readonly ok: false; readonly reason: 'offset-out-of-range' } & PartitionBounds)

export type DeleteRecordsResult =
  | ({ readonly ok: true } & PartitionBounds)
  | { readonly ok: false; readonly reason: 'no-such-partition' }
  | ({ readonly ok: false; readonly reason: 'offset-out-of-range' } & PartitionBounds)

export interface RewriteOptions {
  readonly before: number
  /**
   * Returns the same batch when it stays, undefined when it goes, or a whole batch to stand in its place: no larger, with
   * the same base offset and last offset delta. It is called synchronously, neither changes nor keeps the bytes it is
   * given, and may be called for a batch whose partition's start is within it.
   */
  readonly replace: (batch: Uint8Array) => Uint8Array | undefined
}

export type RewriteResult =
  | {
      readonly ok: true
      /** Every batch that ended at or before this was shown to `replace`. At most `before`. */
      readonly rewrittenTo: number
    }
  | { readonly ok: false; readonly reason: 'no-such-partition' }

export interface PartitionBounds {
  readonly startOffset: number
  /** One past the last readable record: the high watermark. */
  readonly endOffset: number
}

export interface CommittedOffset extends Partition {
  readonly offset: number
  /** -1 when the committer didn't say. */
  readonly leaderEpoch?: number
  readonly metadata?: string
  /** Now, where the committer doesn't say. Always there in what is read: by it, offsets expire. */
  readonly committedAtMs?: number
}

/**
 * How much of a tenant's log is where, in whole segments: the engine's files or objects. A segment that is on the local disk
 * and in the blob store counts for both.
 */
export interface LogUsage {
  readonly localSegments: number
  readonly localBytes: number
  readonly tieredSegments: number
  readonly tieredBytes: number
  /** Segments that were found damaged, with nothing to repair them from. */
  readonly damagedSegments: number
  /** Of batches, since the engine opened the tenant's log: from memory, the local disk, the blob store. */
  readonly readBytes: { readonly cache: number; readonly local: number; readonly tiered: number }
}

export const logLimits = {
  topicNameCharacters: 249,
  partitionsPerTopic: 1000,
  /** Names and values of a topic's settings together. */
  settingsBytes: 64 * 1024,
  /** What topics allow is a setting of theirs, `max.message.bytes`, below this. */
  batchBytes: 16 * 1024 * 1024,
  /** All the batches of one append. */
  appendBytes: 16 * 1024 * 1024,
  groupNameBytes: 512,
  offsetMetadataBytes: 4096,
} as const
