import { join } from 'node:path'
import { CorruptSegment } from './corrupt-segment.ts'
import { type LogFile, writeAll } from './log-files.ts'
import type { SegmentIndex } from './segment-index.ts'

/**
 * One file of a tenant's write-ahead log: a header, then frames without gaps.
 *
 * Header, 16 bytes: `koinelog` in ASCII, format version as uint16, generation as uint32, two bytes of zero. Version 1 has
 * zeroes instead of a generation, which is the same as generation 0.
 *
 * A segment that is rewritten, to leave out what went, becomes a new file of the next generation with an index of its own,
 * `<sequence>-<generation>.segment`, made beside it as `….segment.new` and renamed once it is durable. So no index is ever
 * taken for another file's, and of several generations the highest counts.
 */
export interface Segment {
  /** Where it stands in the log; grows, with gaps where segments were deleted. */
  readonly sequence: number
  /** How often it was rewritten. */
  readonly generation: number
  /** Tells it from every other segment that this process has opened: the key of caches. */
  readonly cacheId: number
  readonly path: string
  readonly indexPath: string
  /** Its index as long as that is not on the disk. */
  unwritten?: { readonly index: SegmentIndex; readonly bytes: Buffer } | undefined
}

export const segmentHeaderBytes = 16
const magic = Buffer.from('koinelog')
const version = 2

const namePattern = /^(\d{16})(?:-(\d{10}))?\.(segment|index|segment\.new)$/
let segmentsOpened = 0

export function segmentAt(directory: string, sequence: number, generation = 0): Segment {
  const name = String(sequence).padStart(16, '0') + (generation > 0 ? `-${String(generation).padStart(10, '0')}` : '')
  return {
    sequence,
    generation,
    cacheId: ++segmentsOpened,
    path: join(directory, `${name}.segment`),
    indexPath: join(directory, `${name}.index`),
  }
}

/** Where the next generation of a segment is made, until it is whole. */
export const unfinishedPath = ({ path }: Segment): string => `${path}.new`

export interface NamedFile {
  readonly name: string
  readonly sequence: number
  readonly generation: number
  readonly kind: 'segment' | 'index' | 'segment.new'
}

/** Those of a directory's names that are a log's. */
export const namedFiles = (names: readonly string[]): NamedFile[] =>
  names.flatMap((name) => {
    const [, sequence, generation = '0', kind] = namePattern.exec(name) ?? []
    if (kind === undefined) return []
    return [{ name, sequence: Number(sequence), generation: Number(generation), kind: kind as NamedFile['kind'] }]
  })

/** The segments among a directory's files, oldest first, and the names of files that a crash left over. */
export function segmentsIn(
  directory: string,
  names: readonly string[],
): { readonly segments: Segment[]; readonly leftovers: string[] } {
  const files = namedFiles(names)
  const newest = new Map<number, number>()
  for (const { sequence, generation, kind } of files) {
    if (kind === 'segment') newest.set(sequence, Math.max(newest.get(sequence) ?? 0, generation))
  }
  const isCurrent = ({ sequence, generation, kind }: NamedFile): boolean =>
    kind !== 'segment.new' && newest.get(sequence) === generation
  return {
    segments: [...newest]
      .sort(([a], [b]) => a - b)
      .map(([sequence, generation]) => segmentAt(directory, sequence, generation)),
    leftovers: files.filter((file) => !isCurrent(file)).map(({ name }) => name),
  }
}

/** Makes the file an empty segment, durably but for its name. What stood in it goes. */
export async function writeSegmentHeader(file: LogFile, segment: Segment): Promise<void> {
  await file.truncate(0)
  await writeAll(file, [segmentHeader(segment, version)], 0)
  await file.sync()
}

function segmentHeader({ generation }: Segment, formatVersion: number): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes)
  header.set(magic)
  header.writeUInt16BE(formatVersion, magic.length)
  header.writeUInt32BE(generation, magic.length + 2)
  return header
}

/** False when the file holds no whole header and nothing behind it: a segment that a crash kept from being made. */
export async function hasSegmentHeader(file: LogFile, segment: Segment): Promise<boolean> {
  const header = Buffer.alloc(segmentHeaderBytes)
  if ((await file.read(header, 0)) < segmentHeaderBytes) return false
  const whole = segmentHeader(segment, version)
  if (header.equals(whole) || (segment.generation === 0 && header.equals(segmentHeader(segment, 1)))) return true
  // The size reached the disk and some bytes did not. A frame is written only once the header is durable.
  const isTorn = header.every((byte, at) => byte === 0 || byte === whole[at])
  if (isTorn && (await file.size()) === segmentHeaderBytes) return false
  throw headerProblem(header, segment)
}

function headerProblem(header: Buffer, { path, generation }: Segment): CorruptSegment {
  if (!header.subarray(0, magic.length).equals(magic)) {
    return new CorruptSegment(path, 0, 'it does not start as a segment does')
  }
  const found = header.readUInt16BE(magic.length)
  if (found < 1 || found > version) {
    const what = `its format version is ${found}, and this program knows 1 to ${version}`
    return new CorruptSegment(path, magic.length, what)
  }
  return new CorruptSegment(path, magic.length + 2, `its header is not that of generation ${generation}`)
}
