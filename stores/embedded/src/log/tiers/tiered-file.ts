import type { LogFile } from '../log-files.ts'
import type { Segment } from '../segment.ts'
import { blockBytes } from './block-cache.ts'
import { BrokenObject } from './broken-object.ts'
import type { TenantTier } from './tenant-tier.ts'

/** A segment in the blob store. */
export interface TieredSegment extends Segment {
  readonly object: NonNullable<Segment['object']>
}

export const isTiered = (segment: Segment): segment is TieredSegment => segment.object !== undefined

/**
 * A tiered segment as a file that can only be read, without its footer: through blocks that are shared and kept, and
 * fetched ahead of a reader that goes on where one was before.
 */
export function tieredFile(tier: TenantTier, segment: TieredSegment): LogFile {
  const blocks = new Blocks(tier, segment)
  const view = within(segment, (position, bytes) => blocks.view(position, bytes))
  return { ...readOnly(segment, view), view }
}

/** The same past the cache, for what is read once from end to end. */
export const uncachedTieredFile = (tier: TenantTier, segment: TieredSegment): LogFile =>
  readOnly(
    segment,
    within(segment, (position, bytes) => readExactly(tier, segment, position, bytes)),
  )

/** @throws BrokenObject when it isn't there, or is shorter */
export async function readExactly(
  tier: TenantTier,
  { object: { key } }: TieredSegment,
  start: number,
  length: number,
): Promise<Buffer> {
  const bytes = await tier.ask((blobs) => blobs.getRange(key, start, length))
  if (bytes?.length !== length) throw new BrokenObject(key, bytes ? 'ends too early' : 'is not there')
  return Buffer.from(bytes.buffer, bytes.byteOffset, length)
}

class Blocks {
  readonly #tier: TenantTier
  readonly #segment: TieredSegment
  readonly #count: number

  constructor(tier: TenantTier, segment: TieredSegment) {
    this.#tier = tier
    this.#segment = segment
    this.#count = Math.ceil(segment.object.segmentBytes / blockBytes)
  }

  /** Bytes within the segment: copied only where they lie in more than one block. */
  async view(position: number, bytes: number): Promise<Buffer> {
    const first = Math.floor(position / blockBytes)
    const last = Math.floor((position + bytes - 1) / blockBytes)
    const blocks = await Promise.all(this.#take(first, last))
    const parts = blocks.map((block, at) => {
      const start = position - (first + at) * blockBytes
      return block.subarray(Math.max(0, start), start + bytes)
    })
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  #take(first: number, last: number): Promise<Buffer>[] {
    const { cache } = this.#tier
    const { cacheId } = this.#segment
    const entersBlock = !cache.wasWanted(cacheId, last)
    const blocks: Promise<Buffer>[] = []
    for (let number = first; number <= last; number++) blocks.push(cache.get(cacheId, number, () => this.#load(number)))
    // Whoever comes from the block before is likely to go on.
    if (entersBlock && cache.wasWanted(cacheId, last - 1)) this.#fetchAhead(last + 1)
    return blocks
  }

  #fetchAhead(from: number): void {
    const { cache } = this.#tier
    const end = Math.min(this.#count, from + cache.blocksAhead)
    for (let number = from; number < end; number++) {
      cache.fetchAhead(this.#segment.cacheId, number, () => this.#load(number))
    }
  }

  #load(number: number): Promise<Buffer> {
    const start = number * blockBytes
    const bytes = Math.min(blockBytes, this.#segment.object.segmentBytes - start)
    return readExactly(this.#tier, this.#segment, start, bytes)
  }
}

type View = NonNullable<LogFile['view']>

/** Asks for nothing behind the segment's end. */
function within({ object: { segmentBytes } }: TieredSegment, view: View): View {
  return async (position, bytes) => {
    const held = Math.min(bytes, segmentBytes - position)
    return held > 0 ? view(position, held) : Buffer.alloc(0)
  }
}

function readOnly({ object: { segmentBytes } }: TieredSegment, view: View): LogFile {
  const refuse = (): Promise<never> => Promise.reject(new Error('A tiered segment is never written.'))
  return {
    read: async (target, position) => {
      const bytes = await view(position, target.length)
      target.set(bytes)
      return bytes.length
    },
    size: async () => segmentBytes,
    close: async () => {},
    write: refuse,
    sync: refuse,
    truncate: refuse,
  }
}
