import { crc32c } from '@node-rs/crc32'
import { Packr } from 'msgpackr'
import type { EntryValue } from '../entry.ts'

/** Changes that were committed together; null removes. */
export type Changes = ReadonlyMap<string, EntryValue | null>

/**
 * A frame of the journal holds one commit. Integers are big-endian.
 *
 * | at | field      | type   | |
 * |---:|------------|--------|-|
 * |  0 | crc        | uint32 | CRC32C of all that follows it |
 * |  4 | length     | uint32 | bytes of the payload |
 * |  8 | version    | uint16 | 1 |
 * | 10 | reserved   | uint16 | 0 |
 * | 12 | generation | uint32 | see `Journal` |
 * | 16 | number     | uint32 | counts the generation's frames from 0 |
 * | 20 | payload    |        | a MessagePack array of keys and values by turns, where null removes |
 */
export const journalFrameHeaderBytes = 20
const version = 1

/** As LMDB's binding encodes values, so that what is replayed is what would have been read. */
const codec = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true, copyBuffers: true })

export interface FrameName {
  readonly generation: number
  readonly number: number
}

export function encodeFrame({ generation, number }: FrameName, changes: Changes): Buffer {
  const flat: unknown[] = []
  for (const [key, value] of changes) flat.push(key, value)
  const payload = codec.pack(flat)
  const frame = Buffer.allocUnsafe(journalFrameHeaderBytes + payload.length)
  frame.writeUInt32BE(payload.length, 4)
  frame.writeUInt16BE(version, 8)
  frame.writeUInt16BE(0, 10)
  frame.writeUInt32BE(generation, 12)
  frame.writeUInt32BE(number, 16)
  frame.set(payload, journalFrameHeaderBytes)
  frame.writeUInt32BE(crc32c(frame.subarray(4)), 0)
  return frame
}

export interface FoundFrame extends FrameName {
  readonly end: number
}

/** The whole frame that stands at `at`, or undefined. */
export function frameAt(bytes: Buffer, at: number): FoundFrame | undefined {
  if (at + journalFrameHeaderBytes > bytes.length) return undefined
  const end = at + journalFrameHeaderBytes + bytes.readUInt32BE(at + 4)
  if (end > bytes.length || bytes.readUInt16BE(at + 8) !== version) return undefined
  if (crc32c(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(at)) return undefined
  return { generation: bytes.readUInt32BE(at + 12), number: bytes.readUInt32BE(at + 16), end }
}

export function changesAt(bytes: Buffer, at: number, { end }: FoundFrame): Changes {
  const flat = codec.unpack(bytes.subarray(at + journalFrameHeaderBytes, end)) as readonly unknown[]
  const changes = new Map<string, EntryValue | null>()
  for (let i = 0; i < flat.length; i += 2) changes.set(flat[i] as string, flat[i + 1] as EntryValue | null)
  return changes
}
