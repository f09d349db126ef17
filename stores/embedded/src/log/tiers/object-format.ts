import { crc32c } from '@node-rs/crc32'
import type { SegmentName } from '../index-file.ts'

/**
 * A tiered object is a generation of a segment on another medium, under the key `log/<sequence>-<generation>.segment`, the
 * numbers in 16 and 10 digits:
 *
 * - the header of a segment (`segment.ts`), and its frames (`frame.ts`) without gaps, sorted by partition and then offset,
 *   so that what one reader reads lies together;
 * - the footer: the segment's index as it stands in an index file (`index-file.ts`);
 * - the trailer, 24 bytes, by which the footer is found from the end:
 *
 * | at | field       | type   | |
 * |---:|-------------|--------|-|
 * |  0 | magic       | 8 bytes| `koineobj` |
 * |  8 | crc         | uint32 | CRC32C of all that follows it |
 * | 12 | version     | uint16 | 1 |
 * | 14 | reserved    | uint16 | 0 |
 * | 16 | footerBytes | double | |
 *
 * Integers and doubles are big-endian.
 */
const magic = Buffer.from('koineobj')
const version = 1
export const trailerBytes = 24

export const objectPrefix = 'log/'
const keyPattern = /^log\/(\d{16})-(\d{10})\.segment$/

export const objectKey = ({ sequence, generation }: SegmentName): string =>
  `${objectPrefix}${String(sequence).padStart(16, '0')}-${String(generation).padStart(10, '0')}.segment`

/** Which object a key names; undefined when it isn't one of the log's. */
export function parseObjectKey(key: string): SegmentName | undefined {
  const [, sequence, generation] = keyPattern.exec(key) ?? []
  return generation === undefined ? undefined : { sequence: Number(sequence), generation: Number(generation) }
}

export function encodeTrailer(footerBytes: number): Buffer {
  const trailer = Buffer.alloc(trailerBytes)
  trailer.set(magic)
  trailer.writeUInt16BE(version, 12)
  trailer.writeDoubleBE(footerBytes, 16)
  trailer.writeUInt32BE(crc32c(trailer.subarray(12)), 8)
  return trailer
}

/** How long the footer before a trailer is; undefined when the bytes are none that this program knows. */
export function decodeTrailer(trailer: Buffer): number | undefined {
  if (trailer.length !== trailerBytes || !trailer.subarray(0, magic.length).equals(magic)) return undefined
  if (trailer.readUInt32BE(8) !== crc32c(trailer.subarray(12))) return undefined
  return trailer.readUInt16BE(12) === version ? trailer.readDoubleBE(16) : undefined
}
