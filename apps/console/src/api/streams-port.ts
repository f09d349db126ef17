import type { ConnectionStatus } from './ports.ts'

/** What the Streams pages need of the tenant's own Kafka cluster. */
export interface Topic {
  readonly name: string
  /** A UUID of 32 hexadecimal digits. */
  readonly id: string
  readonly partitions: number
  /** ISO 8601. */
  readonly createdAt: string
}

export interface TopicSetting {
  readonly name: string
  readonly value: string | null
  /** Whether it was set for this topic; otherwise it is the default. */
  readonly isSet: boolean
}

/** Where a partition begins and ends: its records have offsets from `startOffset` up to, but not with, `endOffset`. */
export interface PartitionBounds {
  readonly partition: number
  readonly startOffset: number
  readonly endOffset: number
  readonly bytes: number
}

export interface TopicDetail extends Topic {
  readonly settings: readonly TopicSetting[]
  readonly bounds: readonly PartitionBounds[]
}

/** Bytes of a record, cut off when they are many: `bytes` is how many there really are. */
export interface RecordBytes {
  readonly encoding: 'utf8' | 'base64'
  readonly data: string
  readonly bytes: number
}

export interface RecordHeader {
  readonly name: string
  readonly value: RecordBytes | null
}

export interface StreamRecord {
  readonly partition: number
  readonly offset: number
  /** ISO 8601. */
  readonly timestamp: string
  readonly key: RecordBytes | null
  /** Null: a tombstone. */
  readonly value: RecordBytes | null
  readonly headers: readonly RecordHeader[]
}

export interface RecordQuery {
  /** All of them, merged by time, when not given. */
  readonly partition?: number
  readonly from?: 'earliest' | 'latest' | 'last' | number
  /** ISO 8601: the first records at or after it. */
  readonly at?: string
  readonly cursor?: string
  readonly limit?: number
}

export interface RecordPage {
  readonly data: readonly StreamRecord[]
  readonly nextCursor?: string | undefined
}

export interface NewTopic {
  readonly name: string
  readonly partitions?: number
  readonly settings?: Readonly<Record<string, string>>
}

export interface NewRecord {
  readonly partition?: number
  readonly key?: string | null
  readonly value: string | null
  readonly headers?: readonly { readonly name: string; readonly value: string }[]
}

export interface Group {
  readonly id: string
  readonly state: string
  readonly protocol: 'classic' | 'consumer'
  readonly members: number
}

export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly instanceId?: string | null | undefined
  readonly assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface GroupOffset {
  readonly topic: string
  readonly partition: number
  /** Null: nothing was committed yet. */
  readonly committed: number | null
  readonly end: number
  readonly lag: number | null
  readonly memberId: string | null
}

export interface GroupDetail extends Omit<Group, 'members'> {
  readonly members: readonly GroupMember[]
  readonly offsets: readonly GroupOffset[]
  readonly lag: number
}

/** How much of a second's quota is used. */
export interface Rate {
  readonly perSecond: number
  /** Null: unlimited. */
  readonly quota: number | null
  /** For how long clients were made to wait in the last minute, all of them together. */
  readonly throttledMs: number
}

export interface Held {
  readonly used: number
  readonly quota: number | null
}

export interface Tier {
  readonly segments: number
  readonly bytes: number
}

export interface Usage {
  readonly rates: {
    readonly produceBytesPerSecond: Rate
    readonly fetchBytesPerSecond: Rate
    readonly requestsPerSecond: Rate
    /** 100: the whole of one core. */
    readonly requestPercentage: Rate
    readonly partitionMutationsPerSecond: Rate
    readonly connectionsPerSecond: Rate
  }
  readonly held: { readonly connections: Held; readonly topics: Held; readonly partitions: Held; readonly groups: Held }
  readonly segments: { readonly local: Tier; readonly tiered: Tier }
  readonly damagedSegments: number
  /** Since the server opened the log. */
  readonly readBytes: { readonly cache: number; readonly local: number; readonly tiered: number }
  /** Of those, from 0 to 1; null: nothing was read. */
  readonly cacheHitRate: number | null
}

export interface TailOptions {
  readonly topic: string
  readonly partition?: number | undefined
  /** Where to begin: behind this cursor, or with what comes from now on. */
  readonly cursor?: string | undefined
  readonly signal: AbortSignal
  readonly onRecord: (record: StreamRecord) => void
  readonly onStatus: (status: ConnectionStatus) => void
}

export interface StreamsClient {
  topics(): Promise<readonly Topic[]>
  topic(name: string): Promise<TopicDetail>
  createTopic(topic: NewTopic): Promise<TopicDetail>
  deleteTopic(name: string): Promise<void>
  addPartitions(name: string, partitions: number): Promise<TopicDetail>
  /** Null: back to the default. */
  changeSettings(name: string, settings: Readonly<Record<string, string | null>>): Promise<TopicDetail>
  records(topic: string, query: RecordQuery, signal?: AbortSignal): Promise<RecordPage>
  produce(topic: string, record: NewRecord): Promise<{ partition: number; offset: number }>
  /** Reads until the signal is aborted, reconnecting by itself; rejects only when trying again is of no use. */
  tail(options: TailOptions): Promise<void>
  groups(): Promise<readonly Group[]>
  group(id: string): Promise<GroupDetail>
  deleteGroup(id: string): Promise<void>
  usage(): Promise<Usage>
}
