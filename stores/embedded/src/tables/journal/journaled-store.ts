import { type Clock, KoineError, type Randomness, systemClock, systemRandomness, type Timer } from '@koine/base'
import type { LogFiles } from '../../log/log-files.ts'
import { entryFormat, type EntryRange, type EntryValue, metaKey, ownValue } from '../entry.ts'
import type { EntryStore } from '../entry-store.ts'
import { Journal } from './journal.ts'
import type { Changes } from './journal-frame.ts'
import { Layer } from './layer.ts'
import { mergedRange } from './merged-range.ts'

export interface JournalLimits {
  /** A layer goes down into the base when it is this old, or its changes this large in the journal. */
  readonly layerMs: number
  readonly layerBytes: number
  /** At this size, commits wait until the layer before is down. */
  readonly layerBytesMax: number
  /** Changes of one commit to the base: what is done in one turn of the event loop. */
  readonly sliceChanges: number
  /** When a commit to the base takes longer, it may never come back. */
  readonly baseTimeoutMs: number
}

export const defaultJournalLimits: JournalLimits = {
  layerMs: 2_000,
  layerBytes: 4 * 1024 * 1024,
  layerBytesMax: 16 * 1024 * 1024,
  sliceChanges: 250,
  baseTimeoutMs: 30_000,
}

export interface JournaledStoreOptions {
  readonly base: EntryStore
  readonly files: LogFiles
  readonly directory: string
  readonly clock: Pick<Clock, 'after'>
  readonly limits?: Partial<JournalLimits>
  readonly randomness?: Randomness
}

/**
 * A store whose commits are durable once a journal has them: one sequential write and one sync. What was committed lately
 * lies in a layer in memory over the base store, and goes down into it in the background, sorted, the last value of each key
 * alone. A base that copies pages, as LMDB does, thereby writes each page once for many commits.
 *
 * There are two layers at most: the current one, and one that is going down. The base notes the generation of the last
 * layer that is wholly in it (`journal` among its meta keys) in the commit that completes it; opening replays what is
 * newer.
 */
export class JournaledStore implements EntryStore {
  readonly #base: EntryStore
  readonly #journal: Journal
  readonly #clock: Pick<Clock, 'after'>
  readonly #limits: JournalLimits
  #current: Layer
  #sinking: Layer | undefined
  #sunk: Promise<void> = Promise.resolve()
  #timer: Timer | undefined
  #isOld = false
  #committing = false
  #failure: KoineError | undefined
  #stuck = false
  #isClosing = false

  /** @throws KoineError `unavailable` when the journal is damaged; what the files throw */
  static async open(options: JournaledStoreOptions): Promise<JournaledStore> {
    const { base, files, directory, randomness = systemRandomness } = options
    const keptElsewhere = isNoted(base)
      ? ((base.peek(metaKey('journal')) as number | undefined) ?? 0)
      : anyGeneration(randomness)
    const { journal, replayed } = await Journal.open({ files, directory, keptElsewhere })
    const layers = replayed.map(({ generation, commits, bytes }) => {
      const layer = new Layer(generation, { isReplayed: true })
      for (const changes of commits) layer.apply(changes)
      layer.bytes = bytes
      return layer
    })
    return new JournaledStore(options, journal, layers)
  }

  private constructor(options: JournaledStoreOptions, journal: Journal, layers: Layer[]) {
    this.#base = options.base
    this.#clock = options.clock
    this.#limits = { ...defaultJournalLimits, ...options.limits }
    this.#journal = journal
    this.#current = layers.pop() ?? new Layer(journal.generation)
    this.#sinking = layers.pop()
    if (this.#sinking) this.#sink(this.#sinking)
    else if (!this.#current.isEmpty) this.#sinkLater()
  }

  get stuck(): boolean {
    return this.#stuck
  }

  get(key: string): EntryValue | undefined {
    const layered = this.#layered(key)
    if (layered === undefined) return this.#base.get(key)
    return layered === null ? undefined : ownValue(layered)
  }

  peek(key: string): EntryValue | undefined {
    const layered = this.#layered(key)
    return layered === undefined ? this.#base.peek(key) : (layered ?? undefined)
  }

  range(range: EntryRange): Iterable<{ readonly key: string; readonly value: EntryValue }> {
    const layers = [this.#current, ...(this.#sinking ? [this.#sinking] : [])]
    const touched = layers.filter((layer) => layer.touches(range))
    const below = this.#base.range(range)
    if (touched.length === 0) return below
    return mergedRange([...touched.map((layer) => layer.range(range)), below], range.reverse === true)
  }

  async commit(changes: Changes): Promise<void> {
    this.#refuseAfterFailure()
    this.#committing = true
    try {
      if (!isNoted(this.#base)) await this.#base.commit(noteOf(this.#journal))
      if (this.#current.bytes >= this.#limits.layerBytesMax) await this.#makeRoom()
      const { bytes } = await this.#journal.append(changes)
      this.#current.apply(changes)
      this.#current.bytes += bytes
    } finally {
      this.#committing = false
    }
    this.#sinkWhenDue()
    this.#sinkLater()
  }

  /**
   * Everything goes down, and nothing is left of the journal; after a failure it stays for the next opening. When it is
   * stuck then, it isn't closed yet: to be called again when it no longer is.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#timer?.cancel()
    await this.#sunk
    if (!this.#failure && !this.#current.isEmpty) {
      this.#next()
      await this.#sunk
    }
    if (this.#stuck) return
    try {
      if (this.#failure) await this.#journal[Symbol.asyncDispose]()
      else await this.#journal.remove()
    } finally {
      await this.#base.close()
    }
  }

  #layered(key: string): EntryValue | null | undefined {
    const newest = this.#current.get(key)
    return newest === undefined ? this.#sinking?.get(key) : newest
  }

  #sinkLater(): void {
    if (this.#isOld || this.#isClosing || this.#failure) return
    this.#timer ??= this.#clock.after(this.#limits.layerMs, () => {
      this.#timer = undefined
      this.#isOld = true
      if (!this.#committing) this.#sinkWhenDue()
    })
  }

  #sinkWhenDue(): void {
    if (this.#sinking || this.#isClosing || this.#failure || this.#current.isEmpty) return
    if (this.#isOld || this.#current.bytes >= this.#limits.layerBytes) this.#next()
  }

  /** Waits for the layer before, and lets the current one follow it. */
  async #makeRoom(): Promise<void> {
    await this.#sunk
    this.#refuseAfterFailure()
    if (this.#current.bytes >= this.#limits.layerBytesMax) this.#next()
  }

  #next(): void {
    const layer = this.#current
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isOld = false
    this.#journal.beginNext()
    this.#current = new Layer(this.#journal.generation)
    this.#sink(layer)
  }

  #sink(layer: Layer): void {
    this.#sinking = layer
    this.#sunk = this.#sinkWhole(layer).then(
      () => {
        this.#sinking = undefined
        if (!this.#committing) this.#sinkWhenDue()
        if (!this.#current.isEmpty) this.#sinkLater()
      },
      (cause: unknown) => {
        // Nothing is lost: the journal has it, and so have the layers. Opening again tries again.
        this.#failure ??= new KoineError('unavailable', 'The tables could not be written to the disk.', { cause })
      },
    )
  }

  async #sinkWhole(layer: Layer): Promise<void> {
    let slice = new Map<string, EntryValue | null>()
    for (const { key, value } of layer.sorted()) {
      if (slice.size === this.#limits.sliceChanges) {
        await this.#inTime(this.#base.commit(slice))
        slice = new Map()
      }
      slice.set(key, value)
    }
    await this.#inTime(this.#base.commit(slice.set(metaKey('journal'), layer.generation)))
  }

  /** Nobody waits longer than that: closing would, and so would all that need its room. */
  async #inTime(commit: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<never>()
    // The disk keeps real time, whatever the clock of the rest says.
    const timer = systemClock.after(this.#limits.baseTimeoutMs, () => {
      this.#stuck = true
      this.#failure ??= new KoineError('timeout', 'A commit of the tables takes too long.')
      late.reject(this.#failure)
    })
    const over = commit.finally(() => {
      timer.cancel()
      this.#stuck = false
    })
    await Promise.race([over, late.promise])
  }

  #refuseAfterFailure(): void {
    if (this.#failure) throw this.#failure
  }
}

/** Whether a journal may have been begun beside the base. */
const isNoted = (base: EntryStore): boolean => base.peek(metaKey('format')) === entryFormat

/** Older programs, which would not look for a journal, refuse this format. */
const noteOf = ({ generation }: Journal): Changes =>
  new Map([
    [metaKey('format'), entryFormat],
    [metaKey('journal'), generation - 1],
  ])

/**
 * Where generations begin: somewhere that nobody outside knows, so that no value can hold what passes for a frame. They
 * have as many again before they end, one every two seconds for a hundred years.
 */
const anyGeneration = (randomness: Randomness): number =>
  Buffer.from(randomness.fill(new Uint8Array(4))).readUInt32BE() >>> 1
