import { crc32c } from '@node-rs/crc32'
import { baseOffset, lastOffsetDelta, maxTimestampMs, splitRecordBatches } from '@koine/protocols-kafka/record-batch'

/**
 * A frame holds what one append put into one partition, or what was kept of it. Integers are big-endian.
 *
 * | at | field     | type   | |
 * |---:|-----------|--------|-|
 * |  0 | crc       | uint32 | CRC32C of all that follows it |
 * |  4 | length    | uint32 | bytes of the payload |
 * |  8 | version   | uint8  | 2 |
 * |  9 | durable   | uint24 | how much of the segment was on the disk when the frame was written: 64ths of the bytes, rounded down |
 * | 12 | partition | uint32 | its number within the tenant |
 * | 16 | payload   |        | record batches, one after another |
 *
 * So a damaged frame that begins within what a later one found on the disk was whole once, and is no unfinished write. No
 * frame is as short as what rounding down takes away.
 *
 * In version 1 the bytes at 9 are a kind, 0, and a uint16: the group commit, counted from 1, and after 65535 from 1 again; 0
 * where it isn't known. A group was written only once the one before it was on the disk.
 */
export const frameHeaderBytes = 16
const frameVersion = 2
const durableUnitBytes = 64
const durableUnitsMax = 0xff_ffff

export interface FrameHeader {
  readonly crc: number
  readonly payloadBytes: number
  readonly version: number
  readonly partition: number
  /** How much of the segment was on the disk when the frame was written, at least. */
  readonly durableBytes: number
  /** Of version 1; 0 in later ones. */
  readonly group: number
}

export type FrameOrigin = Pick<FrameHeader, 'partition' | 'durableBytes'>

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

function putFields(target: Buffer, at: number, { partition, durableBytes }: FrameOrigin, payloadBytes: number): void {
  const durableUnits = Math.min(Math.floor(durableBytes / durableUnitBytes), durableUnitsMax)
  target.writeUInt32BE(payloadBytes, at + 4)
  target.writeUInt32BE(frameVersion * 0x100_0000 + durableUnits, at + 8)
  target.writeUInt32BE(partition, at + 12)
}

export function readFrameHeader(bytes: Buffer, at: number): FrameHeader {
  const version = bytes[at + 8]!
  const isCounted = version === 1
  return {
    crc: bytes.readUInt32BE(at),
    payloadBytes: bytes.readUInt32BE(at + 4),
    version,
    partition: bytes.readUInt32BE(at + 12),
    durableBytes: isCounted ? 0 : bytes.readUIntBE(at + 9, 3) * durableUnitBytes,
    group: isCounted ? bytes.readUInt16BE(at + 10) : 0,
  }
}

/** Whether the frame at `at`, all of it within `bytes`, is as it was written, and of a version that is known. */
export function isFrameIntact(bytes: Buffer, at: number, { crc, payloadBytes, version }: FrameHeader): boolean {
  const isKnown = version === 1 || version === frameVersion
  return isKnown && crc32c(bytes.subarray(at + 4, at + frameHeaderBytes + payloadBytes)) === crc
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
