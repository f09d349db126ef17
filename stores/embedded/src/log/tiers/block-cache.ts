import type { Clock } from '@koine/base'

/** In which objects are read: large enough to be worth a request, small enough for a reader of few records. */
export const blockBytes = 1024 * 1024
/** No object has more. */
const blocksMax = 4096
/** What one sequential reader is to get a second, whatever a request takes. */
const readAheadBytesPerSecond = 256 * 1024 * 1024

interface Held {
  readonly block: Promise<Buffer>
  /** Somebody wanted it, rather than what is before it. */
  wasWanted: boolean
}

/**
 * Blocks of tiered objects, over all tenants, also those that are on their way; the ones unused for longest go beyond a
 * bound in bytes, each counted as a full one. What one reader waits for, another gets too.
 */
export class BlockCache {
  readonly #blocksMax: number
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #held = new Map<number, Held>()
  /** How many of them nobody wanted yet. */
  #ahead = 0
  /** Of a block, on average. */
  #loadMs = 1

  constructor(bytesMax: number, clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#blocksMax = Math.max(1, Math.floor(bytesMax / blockBytes))
  }

  get bytes(): number {
    return this.#held.size * blockBytes
  }

  /** How many blocks ahead of a sequential reader are fetched: the more, the longer one takes. */
  get blocksAhead(): number {
    return 1 + Math.ceil((this.#loadMs / 1000) * (readAheadBytesPerSecond / blockBytes))
  }

  /** Whether somebody wanted this block of an object lately. */
  wasWanted(id: number, number: number): boolean {
    return this.#held.get(keyOf(id, number))?.wasWanted ?? false
  }

  get(id: number, number: number, load: () => Promise<Buffer>): Promise<Buffer> {
    const held = this.#take(keyOf(id, number), load)
    if (!held.wasWanted) this.#ahead--
    held.wasWanted = true
    return held.block
  }

  /**
   * Begins to load a block that will be wanted soon, unless half of the room is taken by such blocks: what is being read
   * would have to go for it. Whoever wants it then hears of a failure.
   */
  fetchAhead(id: number, number: number, load: () => Promise<Buffer>): void {
    if (this.#ahead >= this.#blocksMax / 2 || this.#held.has(keyOf(id, number))) return
    this.#take(keyOf(id, number), load)
  }

  /** Lets go of all blocks of an object, so that they are loaded anew. */
  forgetObject(id: number): void {
    for (const key of this.#held.keys()) if (Math.floor(key / blocksMax) === id) this.#drop(key)
  }

  #take(key: number, load: () => Promise<Buffer>): Held {
    const held = this.#held.get(key) ?? this.#load(key, load)
    this.#held.delete(key)
    this.#held.set(key, held)
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#blocksMax) break
      this.#drop(oldest)
    }
    return held
  }

  #drop(key: number): void {
    if (this.#held.get(key)?.wasWanted === false) this.#ahead--
    this.#held.delete(key)
  }

  #load(key: number, load: () => Promise<Buffer>): Held {
    const start = this.#clock.monotonic()
    const held: Held = { block: load(), wasWanted: false }
    const loaded = (): void => {
      this.#loadMs += (this.#clock.monotonic() - start - this.#loadMs) / 8
    }
    this.#ahead++
    held.block.then(loaded, () => this.#held.get(key) === held && this.#drop(key))
    return held
  }
}

const keyOf = (id: number, number: number): number => id * blocksMax + number
