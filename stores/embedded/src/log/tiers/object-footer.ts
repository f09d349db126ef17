import type { Engine } from '../engine.ts'
import { decodeIndex } from '../index-file.ts'
import { decodeTrailer, trailerBytes } from './object-format.ts'
import { tierOf } from './segment-file.ts'
import { readExactly, type TieredSegment } from './tiered-file.ts'

/** The index in an object's footer; undefined when that, or the trailer behind it, isn't as it was written. */
export async function readFooter(engine: Engine, segment: TieredSegment): Promise<Buffer | undefined> {
  const { segmentBytes, footerBytes } = segment.object
  const end = await readExactly(tierOf(engine), segment, segmentBytes, footerBytes + trailerBytes)
  const footer = end.subarray(0, footerBytes)
  return decodeTrailer(end.subarray(footerBytes)) === footerBytes && decodeIndex(footer, segment) ? footer : undefined
}
