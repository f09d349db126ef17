import { join } from 'node:path'
import { CorruptSegment } from './corrupt-segment.ts'
import type { Engine } from './engine.ts'
import { scanFrames } from './frame-scanner.ts'
import { indexOf, readIndex, startFrom } from './index-store.ts'
import type { LogFile } from './log-files.ts'
import { ActiveSegment, endAtLeastWhereStarted, type KnownPartitions, type LogState, takeFrame } from './log-state.ts'
import {
  hasSegmentHeader,
  isOfEarlierFormat,
  type Segment,
  segmentHeaderBytes,
  segmentsIn,
  writeSegmentHeader,
} from './segment.ts'
import type { SegmentIndex } from './segment-index.ts'
import { checkTail } from './tail-check.ts'

/**
 * Finds a tenant's log as its last process left it. The newest index tells where every partition ended; what stands in
 * the last segment behind it is scanned, and cut off at the first frame that isn't whole: nothing that was synced is behind
 * that, but perhaps, when the machine stopped, some that was acknowledged for `os`. What remains is synced before it can be
 * read: it may have been written without having reached the disk.
 *
 * Segments may be missing, or hold less than they did, where records were given up or compacted away; what the tables
 * know of the partitions tells where. Where the newest are missing, the partition's start is its end.
 * @throws CorruptSegment when something acknowledged is damaged
 */
export async function recoverLog(engine: Engine, directory: string, known: KnownPartitions): Promise<LogState> {
  const names = await engine.files.list(directory)
  const { segments, leftovers, outdated } = segmentsIn(directory, names, engine.tier?.copies())
  await removeLeftovers(engine, directory, leftovers)
  for (const sequence of outdated) await engine.tier?.discard(sequence)
  const state: LogState = {
    directory,
    known,
    sealed: segments.slice(0, -1),
    active: undefined,
    partitions: new Map(),
  }
  const last = segments.at(-1)
  if (last?.object) throw new CorruptSegment(directory, 0, `the segment behind ${last.path} is missing`)
  if (last) state.active = await recoverLast(engine, state, last)
  endAtLeastWhereStarted(state)
  return state
}

async function recoverLast(engine: Engine, state: LogState, last: Segment): Promise<ActiveSegment> {
  const active = new ActiveSegment(last)
  const checkpoint = await readIndex(engine, last)
  if (checkpoint) resume(state, active, checkpoint)
  else if (state.sealed.length > 0) startFrom(state, await indexOf(engine, state, state.sealed.at(-1)!))
  await engine.openFiles.use(last.path, 'write', async (file) => {
    if (await hasSegmentHeader(file, last)) return recoverFrames(engine, state, active, file)
    if (checkpoint) throw new CorruptSegment(last.path, 0, 'its index holds more')
    await writeSegmentHeader(file, last)
  })
  // The last process may have made the segment and died before its name was durable.
  await engine.files.syncDirectory(state.directory)
  return active
}

async function recoverFrames(engine: Engine, state: LogState, active: ActiveSegment, file: LogFile): Promise<void> {
  const { path } = active.segment
  let lastGroup = 0
  const { goodBytes, fileBytes } = await scanFrames(file, active.bytes, (frame) => {
    takeFrame(state, active, frame)
    lastGroup = frame.group
  })
  if (fileBytes < active.bytes) throw new CorruptSegment(path, fileBytes, 'its index holds more')
  if (goodBytes < fileBytes) {
    await checkTail(file, { path, goodBytes, fileBytes, lastGroup })
    const bytes = fileBytes - goodBytes
    engine.logger.warn({ path, bytes }, 'The log ends in an unfinished write; cut off')
    await file.truncate(goodBytes)
  }
  await file.sync()
  active.bytes = goodBytes
  active.durableBytes = goodBytes
  active.isOld = await isOfEarlierFormat(file)
  if (!active.isOld || goodBytes > segmentHeaderBytes) return
  await writeSegmentHeader(file, active.segment)
  active.isOld = false
}

/** Takes over what a checkpoint of the segment holds. */
function resume(state: LogState, active: ActiveSegment, checkpoint: SegmentIndex): void {
  startFrom(state, checkpoint)
  for (const number of checkpoint.partitions()) {
    const frames = checkpoint.frames(number)
    if (!frames || !state.known.isLive(number)) continue
    for (let row = 0; row < frames.count; row++) {
      active.add(number, {
        baseOffset: frames.baseOffset(row),
        maxTimestampMs: frames.maxTimestampMs(row),
        position: frames.position(row),
        payloadBytes: frames.payloadBytes(row),
      })
    }
  }
  active.bytes = Math.max(segmentHeaderBytes, checkpoint.segmentBytes)
}

/** Files that rewriting or deleting a segment was about to remove, or had not finished. */
async function removeLeftovers(engine: Engine, directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await engine.files.remove(join(directory, name))
    } catch (error) {
      engine.logger.warn({ err: error, name }, 'A file that is no part of the log any more was not removed')
    }
  }
}
