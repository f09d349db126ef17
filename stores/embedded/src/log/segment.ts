import { join } from 'node:path'
import { CorruptSegment } from './corrupt-segment.ts'
import { type LogFile, writeAll } from './log-files.ts'
import type { SegmentIndex } from './segment-index.ts'

/**
 * One file of a tenant's write-ahead log: a header, then frames without gaps.
 *
 * Header, 16 bytes: `koinelog` in ASCII, format version as uint16 (1), six bytes of zero.
 */
export interface Segment {
  /** Where it stands in the log; grows, with gaps where segments were deleted. */
  readonly sequence: number
  /** Tells it from every other segment that this process has opened: the key of caches. */
  readonly cacheId: number
  readonly path: string
  readonly indexPath: string
  /** Its index as long as that is not on the disk. */
  unwritten?: { readonly index: SegmentIndex; readonly bytes: Buffer } | undefined
}

export const segmentHeaderBytes = 16
const magic = Buffer.from('koinelog')
const version = 1

const namePattern = /^(\d{16})\.segment$/
let segmentsOpened = 0

export function segmentAt(directory: string, sequence: number): Segment {
  const name = String(sequence).padStart(16, '0')
  return {
    sequence,
    cacheId: ++segmentsOpened,
    path: join(directory, `${name}.segment`),
    indexPath: join(directory, `${name}.index`),
  }
}

/** The segments among the names of a directory, oldest first. */
export function segmentsIn(directory: string, names: readonly string[]): Segment[] {
  const sequences = names.flatMap((name) => namePattern.exec(name)?.[1] ?? []).map(Number)
  return sequences.sort((a, b) => a - b).map((sequence) => segmentAt(directory, sequence))
}

/** Makes the file an empty segment, durably but for its name. What stood in it goes. */
export async function writeSegmentHeader(file: LogFile): Promise<void> {
  await file.truncate(0)
  await writeAll(file, [segmentHeader()], 0)
  await file.sync()
}

function segmentHeader(): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes)
  header.set(magic)
  header.writeUInt16BE(version, magic.length)
  return header
}

/** False when the file holds no whole header and nothing behind it: a segment that a crash kept from being made. */
export async function hasSegmentHeader(file: LogFile, path: string): Promise<boolean> {
  const header = Buffer.alloc(segmentHeaderBytes)
  if ((await file.read(header, 0)) < segmentHeaderBytes) return false
  const whole = segmentHeader()
  if (header.equals(whole)) return true
  // The size reached the disk and some bytes did not. A frame is written only once the header is durable.
  const isTorn = header.every((byte, at) => byte === 0 || byte === whole[at])
  if (isTorn && (await file.size()) === segmentHeaderBytes) return false
  if (header.subarray(0, magic.length).equals(magic)) {
    const found = header.readUInt16BE(magic.length)
    throw new CorruptSegment(path, magic.length, `its format version is ${found}, and this program knows ${version}`)
  }
  throw new CorruptSegment(path, 0, 'it does not start as a segment does')
}
