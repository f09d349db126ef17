import { explain, type Explained } from '../../api/explain.ts'
import type { ConnectionStatus } from '../../api/ports.ts'
import type { StreamRecord, StreamsClient, TopicDetail } from '../../api/streams-port.ts'
import { MergedReader } from './merged-reader.ts'
import { PartitionReader } from './partition-reader.ts'

/** Where a list of records begins. */
export type FeedStart =
  | { readonly kind: 'newest' }
  | { readonly kind: 'oldest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly at: string }

export interface FeedOptions {
  readonly client: StreamsClient
  readonly topic: string
  /** All of them when not given. */
  readonly partition?: number | undefined
  readonly start: FeedStart
  /** Whether to go on with what comes while looking. */
  readonly isLive: boolean
}

export type FeedEdge = 'more' | 'loading' | 'end'

export interface FeedView {
  readonly state: 'loading' | 'ready' | 'failed'
  /** Ascending by time, within a partition by offset. */
  readonly records: readonly StreamRecord[]
  readonly older: FeedEdge
  readonly newer: FeedEdge
  readonly status: ConnectionStatus
  readonly isPaused: boolean
  /** What came while paused, at most as many as are held. */
  readonly waiting: readonly StreamRecord[]
  /** Whether the list holds as many as it may: older ones have left it, or no more are loaded. */
  readonly isFull: boolean
  /** The end offsets of all its partitions together, as far as was looked. */
  readonly end: number
  readonly problem?: Explained | undefined
}

const pageRecords = 50
const recordsHeldMax = 5_000
const chunkMin = 5

/** The identity of a record within its topic. */
export const recordKey = ({ partition, offset }: Pick<StreamRecord, 'partition' | 'offset'>): string =>
  `${partition}:${offset}`

export const boundsOf = (bounds: TopicDetail['bounds'], partition: number | undefined): TopicDetail['bounds'] =>
  partition === undefined ? bounds : bounds.filter((each) => each.partition === partition)

export const endOf = (bounds: TopicDetail['bounds']): number =>
  bounds.reduce((sum, { endOffset }) => sum + endOffset, 0)

/** The records of a topic as a list that grows at both ends. It lives outside React, which reads `view`. */
export class RecordFeed {
  readonly #options: FeedOptions
  readonly #listeners = new Set<() => void>()
  readonly #held = new Set<string>()
  #stop = new AbortController()
  #reader: MergedReader | undefined
  #view: FeedView = {
    state: 'loading',
    records: [],
    older: 'end',
    newer: 'end',
    status: 'connecting',
    isPaused: false,
    waiting: [],
    isFull: false,
    end: 0,
  }

  constructor(options: FeedOptions) {
    this.#options = options
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): FeedView => this.#view

  /** Reads the first page, and follows what comes when it is to be live. Called again it starts over. */
  async open(): Promise<void> {
    this.#stop.abort()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    this.#held.clear()
    this.#set({ state: 'loading', records: [], waiting: [], problem: undefined, isFull: false, status: 'connecting' })
    await this.#attempt(signal, async () => {
      // The cursor first: what comes between it and the first page is in both, and shown once.
      const cursor = this.#options.isLive ? await this.#endCursor(signal) : undefined
      this.#reader = await this.#openReader(signal)
      const isOldestFirst = this.#options.start.kind !== 'newest'
      const records = await (isOldestFirst ? this.#reader.newer(pageRecords) : this.#reader.older(pageRecords))
      if (signal.aborted) return
      this.#merge('newer', records)
      this.#set({ state: 'ready', ...this.#edges() })
      if (this.#options.isLive) void this.#follow(cursor, signal)
    })
  }

  loadOlder(): Promise<void> {
    return this.#load('older')
  }

  loadNewer(): Promise<void> {
    return this.#load('newer')
  }

  /** Shows what came up to an end that was seen elsewhere; starts over where that is more than a page. */
  async catchUp(end: number): Promise<void> {
    if (end - this.#view.end > pageRecords) return this.open()
    await this.#load('newer')
    // Markers of transactions take offsets, too, and aren't shown.
    if (!this.#view.problem) this.#set({ end })
  }

  pause(): void {
    this.#set({ isPaused: true })
  }

  resume(): void {
    const { waiting } = this.#view
    this.#set({ isPaused: false, waiting: [] })
    this.#merge('newer', waiting)
  }

  close(): void {
    this.#stop.abort()
    this.#listeners.clear()
  }

  async #load(edge: 'older' | 'newer'): Promise<void> {
    const reader = this.#reader
    const { signal } = this.#stop
    const isBusy = this.#view.older === 'loading' || this.#view.newer === 'loading'
    if (!reader || isBusy || this.#view.state !== 'ready' || this.#view.isFull) return
    this.#set({ [edge]: 'loading', problem: undefined })
    await this.#attempt(signal, async () => {
      const records = await reader[edge](pageRecords)
      if (!signal.aborted) this.#merge(edge, records)
    })
    if (!signal.aborted) this.#set(this.#edges())
  }

  async #attempt(signal: AbortSignal, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (thrown) {
      if (signal.aborted) return
      const state = this.#view.state === 'ready' ? 'ready' : 'failed'
      this.#set({ state, problem: explain(thrown), status: 'closed' })
    }
  }

  async #follow(cursor: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, topic, partition } = this.#options
    await this.#attempt(signal, () =>
      client.tail({
        topic,
        partition,
        cursor,
        signal,
        onRecord: (record) => this.#arrived(record),
        onStatus: (status) => this.#set({ status }),
      }),
    )
  }

  #arrived(record: StreamRecord): void {
    if (!this.#view.isPaused) return this.#merge('newer', [record])
    this.#set({ waiting: [...this.#view.waiting, record].slice(-recordsHeldMax) })
  }

  /** Adds what isn't held yet. Beyond the bound the oldest leave when live; otherwise loading ends. */
  #merge(edge: 'older' | 'newer', records: readonly StreamRecord[]): void {
    const fresh = records.filter((record) => !this.#held.has(recordKey(record)))
    for (const record of fresh) this.#held.add(recordKey(record))
    const all = edge === 'older' ? [...fresh, ...this.#view.records] : [...this.#view.records, ...fresh]
    for (const record of all.slice(0, -recordsHeldMax)) this.#held.delete(recordKey(record))
    this.#set({ records: all.slice(-recordsHeldMax), isFull: this.#view.isFull || all.length >= recordsHeldMax })
  }

  #edges(): Pick<FeedView, 'older' | 'newer'> {
    const { isFull } = this.#view
    return {
      older: this.#reader?.hasOlder && !isFull ? 'more' : 'end',
      newer: this.#reader?.hasNewer && !isFull ? 'more' : 'end',
    }
  }

  async #endCursor(signal: AbortSignal): Promise<string | undefined> {
    const { client, topic, partition } = this.#options
    const query = { from: 'latest', limit: 1, ...(partition !== undefined && { partition }) } as const
    return (await client.records(topic, query, signal)).nextCursor
  }

  async #openReader(signal: AbortSignal): Promise<MergedReader> {
    const { client, topic, partition } = this.#options
    const { bounds } = await client.topic(topic)
    const wanted = boundsOf(bounds, partition)
    this.#set({ end: endOf(wanted) })
    const chunk = Math.max(chunkMin, Math.ceil(pageRecords / Math.max(1, wanted.length)))
    const readers = wanted.map(async ({ partition, startOffset, endOffset }) => {
      const position = await this.#position({ partition, startOffset, endOffset, bytes: 0 }, signal)
      return new PartitionReader({ client, topic, partition, startOffset, position, chunk, signal })
    })
    return new MergedReader(await Promise.all(readers))
  }

  async #position(
    { partition, startOffset, endOffset }: TopicDetail['bounds'][number],
    signal: AbortSignal,
  ): Promise<number> {
    const { start, client, topic } = this.#options
    if (start.kind === 'newest') return endOffset
    if (start.kind === 'oldest') return startOffset
    if (start.kind === 'offset') return Math.min(Math.max(start.offset, startOffset), endOffset)
    const { data } = await client.records(topic, { partition, at: start.at, limit: 1 }, signal)
    return data[0]?.offset ?? endOffset
  }

  #set(part: Partial<FeedView>): void {
    this.#view = { ...this.#view, ...part }
    for (const listener of this.#listeners) listener()
  }
}
