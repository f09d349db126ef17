import type { Segment } from './segment.ts'
import type { SegmentIndex } from './segment-index.ts'

/** Indexes of sealed segments, over all tenants, loaded on demand; those unused for longest go beyond a bound in bytes. */
export class IndexCache {
  readonly #bytesMax: number
  readonly #held = new Map<number, SegmentIndex>()
  readonly #loading = new Map<number, Promise<SegmentIndex>>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  async get(segment: Segment, load: (segment: Segment) => Promise<SegmentIndex>): Promise<SegmentIndex> {
    if (segment.unwritten) return segment.unwritten.index
    const id = segment.cacheId
    const held = this.#held.get(id)
    if (held) {
      this.#held.delete(id)
      this.#held.set(id, held)
      return held
    }
    const underWay = this.#loading.get(id)
    if (underWay) return underWay
    const loading = load(segment)
      .then((index) => this.put(segment, index))
      .finally(() => this.#loading.delete(id))
    this.#loading.set(id, loading)
    return loading
  }

  forget({ cacheId }: Segment): void {
    const held = this.#held.get(cacheId)
    if (!held) return
    this.#held.delete(cacheId)
    this.#bytes -= held.bytes
  }

  put(segment: Segment, index: SegmentIndex): SegmentIndex {
    const id = segment.cacheId
    this.forget(segment)
    this.#held.set(id, index)
    this.#bytes += index.bytes
    for (const [oldest, { bytes }] of this.#held) {
      // The newest stays even when it alone is over the bound.
      if (this.#bytes <= this.#bytesMax || oldest === id) break
      this.#held.delete(oldest)
      this.#bytes -= bytes
    }
    return index
  }
}
