import { invariant } from '@koine/base'
import { CorruptSegment } from './corrupt-segment.ts'
import type { Engine } from './engine.ts'
import { scanFrames } from './frame-scanner.ts'
import { decodeIndex } from './index-file.ts'
import { isAbsentFile, writeAll } from './log-files.ts'
import { ActiveSegment, encodeActiveIndex, type LogState, partitionState, takeFrame } from './log-state.ts'
import { hasSegmentHeader, type Segment, segmentHeaderBytes } from './segment.ts'
import type { SegmentIndex } from './segment-index.ts'
import { readFooter } from './tiers/object-footer.ts'
import { scanSegmentFile } from './tiers/segment-file.ts'
import { isTiered } from './tiers/tiered-file.ts'

/** Far above what a segment's frames and a tenant's partitions can make of it. */
const indexBytesMax = 256 * 1024 * 1024

export async function writeIndex({ openFiles }: Engine, segment: Segment, bytes: Buffer): Promise<void> {
  await openFiles.use(segment.indexPath, 'write', async (file) => {
    await writeAll(file, [bytes], 0)
    await file.truncate(bytes.length)
    await file.sync()
  })
  openFiles.forget(segment.indexPath)
}

/** What stands in a segment's index file; undefined when there is none, or none that can be used. */
export async function readIndex({ openFiles }: Engine, segment: Segment): Promise<SegmentIndex | undefined> {
  try {
    const bytes = await openFiles.use(segment.indexPath, 'read', async (file) => {
      const all = Buffer.allocUnsafeSlow(Math.min(await file.size(), indexBytesMax))
      return all.subarray(0, await file.read(all, 0))
    })
    return decodeIndex(bytes, segment)
  } catch (error) {
    if (isAbsentFile(error)) return undefined
    throw error
  } finally {
    openFiles.forget(segment.indexPath)
  }
}

/**
 * The index of a sealed segment: from its file or, where that is missing, damaged, or left from before the segment was
 * full, from the segment's footer, which one in the blob store has, or made again from its frames.
 */
export const indexOf = (engine: Engine, state: LogState, segment: Segment): Promise<SegmentIndex> =>
  engine.indexCache.get(segment, async () => {
    const found = await readIndex(engine, segment)
    if (found?.isSealed) return found
    const footer = isTiered(segment) ? await readFooter(engine, segment) : undefined
    return keepIndex(engine, segment, footer ?? (await remakeIndex(engine, state, segment)))
  })

async function remakeIndex(engine: Engine, state: LogState, segment: Segment): Promise<Buffer> {
  const before = state.sealed.findLast(({ sequence }) => sequence < segment.sequence)
  const scratch: LogState = { ...state, sealed: [], active: undefined, partitions: new Map() }
  if (before) startFrom(scratch, await indexOf(engine, state, before))
  const active = new ActiveSegment(segment)
  await scanSegmentFile(engine, segment, async (file) => {
    if (!(await hasSegmentHeader(file, segment))) throw new CorruptSegment(segment.path, 0, 'it is cut off')
    const { goodBytes, fileBytes } = await scanFrames(file, segmentHeaderBytes, (frame) =>
      takeFrame(scratch, active, frame),
    )
    if (goodBytes < fileBytes) throw new CorruptSegment(segment.path, goodBytes, 'a frame there is damaged')
    active.bytes = goodBytes
  })
  return encodeActiveIndex(scratch, active, true)
}

async function keepIndex(engine: Engine, segment: Segment, bytes: Buffer): Promise<SegmentIndex> {
  try {
    await writeIndex(engine, segment, bytes)
  } catch (error) {
    engine.logger.warn({ err: error, path: segment.indexPath }, 'An index of the log was not written')
  }
  const index = decodeIndex(bytes, segment)
  invariant(index, 'An index reads back as it was written.')
  return index
}

/** Begins with the bounds that the partitions had at the end of a segment. */
export function startFrom(state: LogState, index: SegmentIndex): void {
  for (const number of index.partitions()) {
    if (state.known.isLive(number)) partitionState(state, number, index.reached(number))
  }
}
