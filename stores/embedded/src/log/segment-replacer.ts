import type { Engine } from './engine.ts'
import type { LogState } from './log-state.ts'
import type { PartitionMarks } from './partition-marks.ts'
import type { RewriteJob } from './rewrite-job.ts'
import { copySegment, type FrameChange } from './segment-copy.ts'
import { replaceSegment } from './segment-replacement.ts'
import { type Segment, segmentAt, unfinishedPath } from './segment.ts'

export type Jobs = ReadonlyMap<number, RewriteJob>

/** Replaces sealed segments by copies of them without what is dead, and as jobs would have it. */
export class SegmentReplacer {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #marks: PartitionMarks
  /** So that no attempt's file is taken for another's. */
  #failures = 0

  constructor(engine: Engine, state: LogState, marks: PartitionMarks) {
    this.#engine = engine
    this.#state = state
    this.#marks = marks
  }

  /**
   * @returns what stands in the segment's place, durably; undefined when nothing changes. When it rejects, the segment is
   * as it was.
   */
  async replace(segment: Segment, jobs: Jobs): Promise<Segment | undefined> {
    const next = this.#engine.tier?.nextGeneration(segment) ?? segment.generation + 1
    const generation = next + this.#failures
    const changed = new Set<RewriteJob>()
    const change = this.#changeBy(jobs, changed)
    try {
      const copy = await copySegment(this.#engine, this.#state, { segment, generation, change })
      if (!copy) return undefined
      await this.#noteGaps(changed)
      await replaceSegment(this.#engine, this.#state, segment, copy)
      return copy
    } catch (error) {
      this.#failures++
      await this.#removeUnfinished(segmentAt(this.#state.directory, segment.sequence, generation))
      throw error
    }
  }

  /** On a full disk it would keep the room that appends need. */
  async #removeUnfinished(next: Segment): Promise<void> {
    const { files, openFiles, logger } = this.#engine
    const path = unfinishedPath(next)
    openFiles.forget(path)
    try {
      await files.remove(path)
    } catch (error) {
      logger.warn({ err: error, path }, 'An unfinished copy of a segment stays until the next opening')
    }
  }

  #changeBy(jobs: Jobs, changed: Set<RewriteJob>): FrameChange {
    const { known } = this.#state
    return (frame, payload) => {
      const start = known.startOffset(frame.partition)
      if (!known.isLive(frame.partition) || frame.endOffset <= start) return undefined
      const job = jobs.get(frame.partition)
      const becomes = job ? job.change(payload, start) : payload
      if (job && becomes !== payload) changed.add(job)
      return becomes
    }
  }

  /** Recovery has to know where offsets may be missing before they are. */
  async #noteGaps(changed: Iterable<RewriteJob>): Promise<void> {
    const noting = [...changed].map(({ partition, before }) =>
      this.#marks.raise(partition.number, { compactedTo: Math.min(before, partition.endOffset) }),
    )
    await Promise.all(noting)
  }
}
