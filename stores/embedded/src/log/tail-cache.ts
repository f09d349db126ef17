import type { Segment } from './segment.ts'

/** What a held payload takes beside its bytes. */
const entryBytes = 150

/**
 * The payloads appended last, over all tenants, for readers at the tail. The oldest go first: a reader that is behind is
 * served by the operating system's page cache.
 */
export class TailCache {
  readonly #bytesMax: number
  readonly #payloads = new Map<number, Uint8Array>()
  /** Kept over evictions: a fresh iterator would walk over all that was deleted before. */
  #oldest = this.#payloads.keys()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  put(segment: Segment, position: number, payload: Uint8Array): void {
    this.#payloads.set(keyOf(segment, position), payload)
    this.#bytes += payload.length + entryBytes
    while (this.#bytes > this.#bytesMax) this.#evict()
  }

  get(segment: Segment, position: number): Uint8Array | undefined {
    return this.#payloads.get(keyOf(segment, position))
  }

  #evict(): void {
    let next = this.#oldest.next()
    if (next.done) {
      this.#oldest = this.#payloads.keys()
      next = this.#oldest.next()
    }
    const key = next.value!
    this.#bytes -= this.#payloads.get(key)!.length + entryBytes
    this.#payloads.delete(key)
  }
}

/** Exact for two million segments of up to 4 GB. */
const keyOf = ({ cacheId }: Segment, position: number): number => cacheId * 0x1_0000_0000 + position
