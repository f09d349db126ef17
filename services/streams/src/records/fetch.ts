import type { Clock } from '@koine/base'
import type { Partition, ReadResult, TenantLog } from '@koine/stores-ports'

export interface FetchRequest {
  readonly partitions: readonly WantedPartition[]
  /** Answer as soon as there are this many bytes … */
  readonly bytesMin: number
  /** … or this time is over, whichever comes first. */
  readonly waitMsMax: number
  /** About how much to answer in all; a first batch that is larger comes whole. */
  readonly bytesMax: number
  /** Ends the wait: the answer is what there is. */
  readonly signal: AbortSignal
}

export interface WantedPartition extends Partition {
  readonly offset: number
  readonly bytesMax: number
}

export type FetchedPartition = Partition & ReadResult

/**
 * Reads partitions, and waits for more while there is too little. A partition that can't be read ends the wait at once.
 * Listening starts before reading, so that nothing appended in between is slept over.
 */
export async function fetchRecords(
  log: TenantLog,
  request: FetchRequest,
  { clock, closing }: { readonly clock: Clock; /** Ends every wait. */ readonly closing: AbortSignal },
): Promise<readonly FetchedPartition[]> {
  const reading = new Reading(log, request)
  await reading.readChanged()
  if (reading.isEnough || request.waitMsMax <= 0 || request.signal.aborted) return reading.results
  using waiting = new Waiting(log, request, { clock, closing })
  // What was appended before the listeners stood.
  reading.changed.addAll()
  for (;;) {
    await reading.readChanged()
    if (reading.isEnough || waiting.isOver) return reading.results
    await waiting.next()
    for (const index of waiting.takeChanged()) reading.changed.add(index)
  }
}

/** The results so far, and which partitions are worth another look. */
class Reading {
  readonly changed: Indices
  readonly #log: TenantLog
  readonly #request: FetchRequest
  readonly #results: (FetchedPartition | undefined)[]

  constructor(log: TenantLog, request: FetchRequest) {
    this.#log = log
    this.#request = request
    this.#results = request.partitions.map(() => undefined)
    this.changed = new Indices(request.partitions.length)
    this.changed.addAll()
  }

  get results(): readonly FetchedPartition[] {
    return this.#results.filter((result) => result !== undefined)
  }

  get isEnough(): boolean {
    return this.#bytes >= this.#request.bytesMin || this.#results.some((result) => result?.ok === false)
  }

  async readChanged(): Promise<void> {
    for (const index of this.changed.take()) {
      const wanted = this.#request.partitions[index]!
      const at = { topic: wanted.topic, partition: wanted.partition }
      this.#results[index] = undefined
      const bytesLeft = this.#request.bytesMax - this.#bytes
      const read = bytesLeft > 0 ? this.#read(at, wanted, bytesLeft) : this.#boundsOnly(at)
      this.#results[index] = { ...at, ...(await read) }
    }
  }

  get #bytes(): number {
    return this.#results.reduce((sum, result) => sum + (result?.ok ? bytesOf(result.batches) : 0), 0)
  }

  #read(at: Partition, { offset, bytesMax }: WantedPartition, bytesLeft: number): Promise<ReadResult> {
    return this.#log.read(at, { offset, bytesMax: Math.max(0, Math.min(bytesMax, bytesLeft)) })
  }

  async #boundsOnly(at: Partition): Promise<ReadResult> {
    const bounds = await this.#log.bounds(at)
    return bounds ? { ok: true, batches: [], ...bounds } : { ok: false, reason: 'no-such-partition' }
  }
}

const bytesOf = (batches: readonly Uint8Array[]): number => batches.reduce((sum, batch) => sum + batch.length, 0)

/** A set of indices of partitions. */
class Indices {
  readonly #count: number
  #held = new Set<number>()

  constructor(count: number) {
    this.#count = count
  }

  add(index: number): void {
    this.#held.add(index)
  }

  addAll(): void {
    for (let index = 0; index < this.#count; index++) this.#held.add(index)
  }

  take(): ReadonlySet<number> {
    const held = this.#held
    this.#held = new Set()
    return held
  }

  get isEmpty(): boolean {
    return this.#held.size === 0
  }
}

/** Wakes on appends to any of the partitions, at the end of the time, and when the caller gives up. */
class Waiting implements Disposable {
  isOver = false
  readonly #changed: Indices
  readonly #subscriptions: Disposable[] = []
  #wake: () => void = () => {}

  constructor(
    log: TenantLog,
    { partitions, waitMsMax, signal }: FetchRequest,
    { clock, closing }: { clock: Clock; closing: AbortSignal },
  ) {
    this.#changed = new Indices(partitions.length)
    const timer = clock.after(waitMsMax, () => this.#end())
    this.#subscriptions.push({ [Symbol.dispose]: () => timer.cancel() })
    this.#endWith(signal)
    this.#endWith(closing)
    for (const [index, { topic, partition }] of partitions.entries()) {
      this.#subscriptions.push(log.onAppend({ topic, partition }, () => this.#appended(index)))
    }
  }

  async next(): Promise<void> {
    if (this.isOver || !this.#changed.isEmpty) return
    await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  takeChanged(): ReadonlySet<number> {
    return this.#changed.take()
  }

  #endWith(signal: AbortSignal): void {
    if (signal.aborted) this.isOver = true
    const onAbort = (): void => this.#end()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#subscriptions.push({ [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) })
  }

  #appended(index: number): void {
    this.#changed.add(index)
    this.#wake()
  }

  #end(): void {
    this.isOver = true
    this.#wake()
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]()
  }
}
