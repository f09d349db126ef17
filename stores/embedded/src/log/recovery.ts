import { CorruptSegment } from './corrupt-segment.ts'
import type { Engine } from './engine.ts'
import { scanFrames } from './frame-scanner.ts'
import { indexOf, readIndex, startFrom } from './index-store.ts'
import { ActiveSegment, type LogState, takeFrame } from './log-state.ts'
import { hasSegmentHeader, type Segment, segmentHeaderBytes, segmentsIn, writeSegmentHeader } from './segment.ts'
import type { SegmentIndex } from './segment-index.ts'

/**
 * Finds a tenant's log as its last process left it. The newest index tells where every partition ended; what stands in
 * the last segment behind it is scanned, and cut off at the first frame that isn't whole: a frame is acknowledged only
 * after it and all before it were synced, so nothing acknowledged is behind that. What remains is synced before it can
 * be read: it may have been written without having reached the disk.
 * @throws CorruptSegment when something acknowledged is damaged
 */
export async function recoverLog(engine: Engine, directory: string, isLive: LogState['isLive']): Promise<LogState> {
  const segments = segmentsIn(directory, await engine.files.list(directory))
  const state: LogState = { directory, isLive, sealed: segments.slice(0, -1), active: undefined, partitions: new Map() }
  const last = segments.at(-1)
  if (last) state.active = await recoverLast(engine, state, last)
  return state
}

async function recoverLast(engine: Engine, state: LogState, last: Segment): Promise<ActiveSegment> {
  const active = new ActiveSegment(last)
  const checkpoint = await readIndex(engine, last)
  if (checkpoint) resume(state, active, checkpoint)
  else if (state.sealed.length > 0) startFrom(state, await indexOf(engine, state, state.sealed.at(-1)!))
  await engine.openFiles.use(last.path, 'write', async (file) => {
    if (!(await hasSegmentHeader(file, last.path))) {
      if (checkpoint) throw new CorruptSegment(last.path, 0, 'its index holds more')
      await writeSegmentHeader(file)
      return
    }
    const { goodBytes, fileBytes } = await scanFrames(file, active.bytes, (frame) => takeFrame(state, active, frame))
    if (fileBytes < active.bytes) throw new CorruptSegment(last.path, fileBytes, 'its index holds more')
    if (goodBytes < fileBytes) {
      engine.logger.warn(
        { path: last.path, bytes: fileBytes - goodBytes },
        'The log ends in an unfinished write; cut off',
      )
      await file.truncate(goodBytes)
    }
    await file.sync()
    active.bytes = goodBytes
  })
  // The last process may have made the segment and died before its name was durable.
  await engine.files.syncDirectory(state.directory)
  return active
}

/** Takes over what a checkpoint of the segment holds. */
function resume(state: LogState, active: ActiveSegment, checkpoint: SegmentIndex): void {
  startFrom(state, checkpoint)
  for (const number of checkpoint.partitions()) {
    const frames = checkpoint.frames(number)
    if (!frames || !state.isLive(number)) continue
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
