import { crc32c } from '@node-rs/crc32'
import { baseOffset, lastOffsetDelta, maxTimestampMs, splitRecordBatches } from '@koine/protocols-kafka/record-batch'

/**
 * A frame holds what one append put into one partition, or what was kept of it. Integers are big-endian.
 *
 * | at | field     | type   | |
 * |---:|-----------|--------|-|
 * |  0 | crc       | uint32 | CRC32C of all that follows it |
 * |  4 | length    | uint32 | bytes of the payload |
 * |  8 | version   | uint8  | 1 |
 * |  9 | kind      | uint8  | 0: record batches |
 * | 10 | group     | uint16 | counts the group commits from 1, and after 65535 from 1 again; 0 where that isn't known |
 * | 12 | partition | uint32 | its number within the tenant |
 * | 16 | payload   |        | record batches, one after another |
 *
 * A group is written only once the one before it is on the disk. So a damaged frame that one of a later group follows was
 * on the disk once, and is no unfinished write.
 */
export const frameHeaderBytes = 16
const frameVersion = 1
const groupMax = 0xffff

export const groupAfter = (group: number): number => (group % groupMax) + 1

export interface FrameHeader {
  readonly crc: number
  readonly payloadBytes: number
  readonly version: number
  readonly group: number
  readonly partition: number
}

export type FrameOrigin = Pick<FrameHeader, 'partition' | 'group'>

/** Writes a whole frame at `at` and returns where it ends. */
export function putFrame(target: Buffer, at: number, origin: FrameOrigin, payload: Uint8Array): number {
  const end = at + frameHeaderBytes + payload.length
  target.set(payload, at + frameHeaderBytes)
  putFields(target, at, origin, payload.length)
  target.writeUInt32BE(crc32c(target.subarray(at + 4, end)), at)
  return end
}

/** Writes only the header of a frame, whose payload stands elsewhere, and returns where the header ends. */
export function putFrameHeader(target: Buffer, at: number, origin: FrameOrigin, payload: Uint8Array): number {
  const end = at + frameHeaderBytes
  putFields(target, at, origin, payload.length)
  target.writeUInt32BE(crc32c(payload, crc32c(target.subarray(at + 4, end))), at)
  return end
}

function putFields(target: Buffer, at: number, { partition, group }: FrameOrigin, payloadBytes: number): void {
  target.writeUInt32BE(payloadBytes, at + 4)
  target.writeUInt32BE((frameVersion << 24) | group, at + 8)
  target.writeUInt32BE(partition, at + 12)
}

export const readFrameHeader = (bytes: Buffer, at: number): FrameHeader => ({
  crc: bytes.readUInt32BE(at),
  payloadBytes: bytes.readUInt32BE(at + 4),
  version: bytes[at + 8]!,
  group: bytes.readUInt16BE(at + 10),
  partition: bytes.readUInt32BE(at + 12),
})

/** Whether the frame at `at`, all of it within `bytes`, is as it was written, and of a version that is known. */
export function isFrameIntact(bytes: Buffer, at: number, { crc, payloadBytes, version }: FrameHeader): boolean {
  return version === frameVersion && crc32c(bytes.subarray(at + 4, at + frameHeaderBytes + payloadBytes)) === crc
}

export interface PayloadSpan {
  readonly baseOffset: number
  readonly endOffset: number
  readonly maxTimestampMs: number
}

/** What the batches of a payload span, or undefined when they aren't whole. */
export function spanOf(payload: Uint8Array): PayloadSpan | undefined {
  const split = splitRecordBatches(payload)
  if (!split.ok || split.batches.length === 0) return undefined
  const last = split.batches.at(-1)!
  let latest = -Infinity
  for (const batch of split.batches) latest = Math.max(latest, maxTimestampMs(batch))
  return {
    baseOffset: baseOffset(payload),
    endOffset: baseOffset(last) + lastOffsetDelta(last) + 1,
    maxTimestampMs: latest,
  }
}
