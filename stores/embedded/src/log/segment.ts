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
 * taken for another file's, and of several generations the highest counts. A segment that goes to the blob store is there
 * as its next generation (`tiers/object-format.ts`).
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
  /** Where it is in the blob store, when it isn't a file; `path` then only names it. */
  readonly object?: SegmentObject | undefined
  /** Payloads by position that a failed sync has left nobody knows where, until they are written once more. */
  unsynced?: ReadonlyMap<number, Uint8Array> | undefined
  /** Its index as long as that is not on the disk. */
  unwritten?: { readonly index: SegmentIndex; readonly bytes: Buffer } | undefined
}

export interface SegmentObject {
  readonly key: string
  /** Of header and frames. */
  readonly segmentBytes: number
  /** Of the index behind them. */
  readonly footerBytes: number
}

export const segmentHeaderBytes = 16
const magic = Buffer.from('koinelog')
/** Version 3 differs from 2 in its frames alone. */
const version = 3

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

/** A segment in the blob store, whose index is kept on the local disk. */
export const tieredSegmentAt = (
  directory: string,
  { sequence, generation }: { readonly sequence: number; readonly generation: number },
  object: SegmentObject,
): Segment => ({ ...segmentAt(directory, sequence, generation), path: object.key, object })

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

/** Of a segment that has a whole copy in the blob store. */
export interface CopiedSegment extends SegmentObject {
  readonly sequence: number
  readonly generation: number
  /** The generation that it is a copy of. */
  readonly copyOf: number
}

export interface FoundSegments {
  readonly segments: Segment[]
  /** Names of files that a crash left over. */
  readonly leftovers: string[]
  /** Sequences whose copies in the blob store are older than what is on the disk. */
  readonly outdated: number[]
}

/**
 * A log's segments, oldest first, by a directory's files and the copies in the blob store. A copy counts once what it is a
 * copy of isn't on the disk any more: until then both may be read.
 */
export function segmentsIn(
  directory: string,
  names: readonly string[],
  copies: readonly CopiedSegment[] = [],
): FoundSegments {
  const files = namedFiles(names)
  const newest = new Map<number, number>()
  for (const { sequence, generation, kind } of files) {
    if (kind === 'segment') newest.set(sequence, Math.max(newest.get(sequence) ?? 0, generation))
  }
  const segments = new Map<number, Segment>()
  for (const [sequence, generation] of newest) segments.set(sequence, segmentAt(directory, sequence, generation))
  const outdated: number[] = []
  const current = new Map<number, number>()
  for (const copy of copies) {
    const { sequence, generation, copyOf } = copy
    const local = newest.get(sequence)
    if (local !== undefined && local > generation) {
      outdated.push(sequence)
      continue
    }
    current.set(sequence, generation)
    if (local !== copyOf) segments.set(sequence, tieredSegmentAt(directory, copy, copy))
  }
  const isCurrent = ({ sequence, generation, kind }: NamedFile): boolean => {
    if (kind === 'segment.new') return false
    if (kind === 'index' && current.get(sequence) === generation) return true
    return segments.get(sequence)?.generation === generation
  }
  return {
    segments: [...segments.values()].sort((a, b) => a.sequence - b.sequence),
    leftovers: files.filter((file) => !isCurrent(file)).map(({ name }) => name),
    outdated,
  }
}

/** Makes the file an empty segment, durably but for its name. What stood in it goes. */
export async function writeSegmentHeader(file: LogFile, segment: Segment): Promise<void> {
  await file.truncate(0)
  await writeAll(file, [segmentHeader(segment)], 0)
  await file.sync()
}

export function segmentHeader({ generation }: Pick<Segment, 'generation'>, formatVersion = version): Buffer {
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
  const whole = segmentHeader(segment)
  if (header.equals(whole) || header.equals(segmentHeader(segment, 2))) return true
  if (segment.generation === 0 && header.equals(segmentHeader(segment, 1))) return true
  // The size reached the disk and some bytes did not. A frame is written only once the header is durable.
  const isTorn = header.every((byte, at) => byte === 0 || byte === whole[at])
  if (isTorn && (await file.size()) === segmentHeaderBytes) return false
  throw headerProblem(header, segment)
}

/** Of a file that has a header. */
export async function isOfEarlierFormat(file: LogFile): Promise<boolean> {
  const field = Buffer.alloc(2)
  await file.read(field, magic.length)
  return field.readUInt16BE(0) < version
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
