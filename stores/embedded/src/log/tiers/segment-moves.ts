import { CorruptSegment } from '../corrupt-segment.ts'
import type { Engine } from '../engine.ts'
import { scanFrames } from '../frame-scanner.ts'
import { writeIndex } from '../index-store.ts'
import type { LogFile } from '../log-files.ts'
import type { LogState } from '../log-state.ts'
import { hasSegmentHeader, type Segment, segmentHeaderBytes, tieredSegmentAt } from '../segment.ts'
import { removeSegmentFiles } from '../segment-replacement.ts'
import { BrokenObject } from './broken-object.ts'
import { Pace } from './pace.ts'
import { readFooter } from './object-footer.ts'
import { objectKey } from './object-format.ts'
import type { ObjectRecord } from './object-records.ts'
import { tierOf } from './segment-file.ts'
import { bodyOf, objectBytes, sortSegment, type SortedSegment } from './sorted-segment.ts'
import { isTiered, type TieredSegment, uncachedTieredFile } from './tiered-file.ts'

/** Waits until so many bytes more may be moved. */
export type Spend = (bytes: number) => Promise<void>

/**
 * Copies a sealed segment into the blob store, as its next generation, and reads the object back. Until that is done the
 * object doesn't count. The copying itself is in nobody's way: where the segment is changed meanwhile, the object is let go.
 */
export async function copyToBlobs(
  engine: Engine,
  state: LogState,
  { segment, bytesPerSecond }: { readonly segment: Segment; readonly bytesPerSecond: number },
): Promise<void> {
  const tier = tierOf(engine)
  const begun = await tier.turns.take(() => begin(engine, state, segment))
  if (!begun) return
  const { sorted, record } = begun
  try {
    const pace = new Pace(tier.clock, tier.closing)
    const spend = (bytes: number): Promise<void> => pace.spend(bytes, bytesPerSecond)
    await tier.ask((blobs) => blobs.put(objectKey(record), paced(bodyOf(engine, sorted), spend)))
    await checkObject(engine, tieredSegmentOf(state, record), { sorted, spend })
    await tier.turns.take(async () => {
      // Gone, or changed, or the object given up already.
      if (!state.sealed.includes(segment) || tier.records.of(segment.sequence) !== record) return
      await writeIndex(engine, tieredSegmentOf(state, record), sorted.index)
      await tier.records.note({ ...record, state: 'copied', copiedAtMs: tier.clock.now() })
      tier.metrics.copied(objectBytes(sorted))
    })
  } finally {
    if (tier.records.of(segment.sequence) === record) await tier.discard(segment.sequence)
  }
}

async function begin(
  engine: Engine,
  state: LogState,
  segment: Segment,
): Promise<{ readonly sorted: SortedSegment; readonly record: ObjectRecord } | undefined> {
  const { records, ...tier } = tierOf(engine)
  const { sequence } = segment
  const before = records.of(sequence)
  const isFree = before === undefined || before.state === 'gone'
  if (!isFree || !state.sealed.includes(segment) || segment.unwritten) return undefined
  const generation = tierOf(engine).nextGeneration(segment)
  const sorted = await sortSegment(engine, state, { segment, generation })
  const record: ObjectRecord = {
    sequence,
    generation,
    copyOf: segment.generation,
    state: 'copy-started',
    segmentBytes: sorted.segmentBytes,
    footerBytes: sorted.index.length,
    copiedAtMs: tier.clock.now(),
  }
  await records.note(record)
  return { sorted, record }
}

/** Reads all of an object back: what it holds is to be the only copy before long. */
async function checkObject(
  engine: Engine,
  segment: TieredSegment,
  { sorted, spend }: { readonly sorted: SortedSegment; readonly spend: Spend },
): Promise<void> {
  const { key } = segment.object
  const found = await tierOf(engine).ask((blobs) => blobs.head(key))
  if (found?.bytes !== objectBytes(sorted)) throw new BrokenObject(key, 'has not the length that it was written with')
  const footer = await readFooter(engine, segment)
  if (!footer?.equals(sorted.index)) throw new BrokenObject(key, 'has another footer than it was written with')
  await checkFrames(engine, segment, spend)
}

/** @throws BrokenObject */
export async function checkFrames(engine: Engine, segment: TieredSegment, spend: Spend): Promise<void> {
  const file = uncachedTieredFile(tierOf(engine), segment)
  const isSegment = await hasSegmentHeader(file, segment).catch((error: unknown) => {
    if (error instanceof CorruptSegment) return false
    throw error
  })
  const read: LogFile['read'] = async (target, position) => {
    await spend(target.length)
    return file.read(target, position)
  }
  const { goodBytes } = await scanFrames({ ...file, read }, segmentHeaderBytes, () => {})
  if (isSegment && goodBytes === segment.object.segmentBytes) return
  throw new BrokenObject(segment.object.key, `is damaged at byte ${isSegment ? goodBytes : 0}`)
}

/**
 * Lets a segment that was copied leave the local disk. The object counts from then on, also after a crash that brings back
 * the file. Does nothing where the segment was changed since.
 */
export async function leaveDisk(engine: Engine, state: LogState, segment: Segment): Promise<void> {
  const tier = tierOf(engine)
  await tier.turns.take(async () => {
    const record = tier.records.copied(segment.sequence)
    if (record?.copyOf !== segment.generation || !state.sealed.includes(segment) || isTiered(segment)) return
    const tiered = tieredSegmentOf(state, record)
    state.sealed = state.sealed.map((each) => (each === segment ? tiered : each))
    await removeSegmentFiles(engine, segment)
    tier.metrics.left(record.segmentBytes)
  })
}

export function tieredSegmentOf({ directory }: Pick<LogState, 'directory'>, record: ObjectRecord): TieredSegment {
  const segment = tieredSegmentAt(directory, record, { ...record, key: objectKey(record) })
  return { ...segment, object: segment.object! }
}

/** Nothing more comes of it once the log is closed. */
async function* paced(body: AsyncIterable<Uint8Array>, spend: Spend): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    await spend(chunk.length)
    yield chunk
  }
}
