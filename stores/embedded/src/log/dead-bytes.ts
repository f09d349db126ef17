import type { Engine } from './engine.ts'
import { frameHeaderBytes } from './frame.ts'
import { indexOf } from './index-store.ts'
import type { ActiveSegment, LogState } from './log-state.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'
import { payloadBytesFrom, rowOf } from './segment-index.ts'
import { summaryOf } from './segment-summary.ts'

/** How many bytes of a segment's batches somebody may still read, and how many nobody. */
export interface LiveAndDead {
  readonly live: number
  readonly dead: number
}

/** Dead are the frames of deleted topics, and those that end at or before where their partition starts. */
export async function deadInSealed(engine: Engine, state: LogState, segment: Segment): Promise<LiveAndDead> {
  const { known } = state
  const summary = await summaryOf(engine, state, segment)
  let total = 0
  let live = 0
  for (const { number, payloadBytes, firstOffset, endOffset } of summary.shares()) {
    total += payloadBytes
    const start = known.startOffset(number)
    if (!known.isLive(number) || endOffset <= start) continue
    if (firstOffset >= start) live += payloadBytes
    else live += payloadBytesFrom((await indexOf(engine, state, segment)).frames(number)!, start)
  }
  return { live, dead: total - live }
}

export function deadInActive({ known, partitions }: LogState, active: ActiveSegment): LiveAndDead {
  let live = 0
  for (const [number, frames] of active.frames) {
    const endOffset = partitions.get(number)?.endOffset ?? 0
    const start = known.startOffset(number)
    if (!known.isLive(number) || endOffset <= start) continue
    const first = rowOf(frames, start)
    const payloadBytes = first === 0 ? frames.bytes : payloadBytesFrom(frames, start)
    live += payloadBytes + (frames.count - first) * frameHeaderBytes
  }
  // Frames of topics that were gone at the last opening are in the file alone.
  return { live, dead: active.bytes - segmentHeaderBytes - live }
}
