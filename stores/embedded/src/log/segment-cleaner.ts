import { KoineError } from '@koine/base'
import type { RewriteOptions } from '@koine/stores-ports'
import type { Engine } from './engine.ts'
import type { LogState, PartitionState } from './log-state.ts'
import { RewriteJob } from './rewrite-job.ts'
import { rowOf } from './segment-index.ts'
import type { Jobs, SegmentReplacer } from './segment-replacer.ts'
import { summaryOf } from './segment-summary.ts'
import type { SegmentWriter } from './segment-writer.ts'
import type { Segment } from './segment.ts'
import { inTurn } from './tiers/in-turn.ts'
import type { SpaceReclaimer, Suspects } from './space-reclaimer.ts'

export interface SegmentCleanerOptions {
  readonly engine: Engine
  readonly state: LogState
  readonly writer: SegmentWriter
  readonly replacer: SegmentReplacer
  readonly reclaimer: SpaceReclaimer
}

/** Changes a tenant's sealed segments, one at a time, beside appends and reads: rewrites partitions and reclaims space. */
export class SegmentCleaner {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #writer: SegmentWriter
  readonly #replacer: SegmentReplacer
  readonly #reclaimer: SpaceReclaimer
  #jobs: RewriteJob[] = []
  #running: Promise<void> | undefined
  #closed = false

  constructor({ engine, state, writer, replacer, reclaimer }: SegmentCleanerOptions) {
    this.#engine = engine
    this.#state = state
    this.#writer = writer
    this.#replacer = replacer
    this.#reclaimer = reclaimer
  }

  /** Shows batches of a partition to `replace`, and returns up to where. Calls that wait together share the passes. */
  rewrite(partition: PartitionState, options: RewriteOptions): Promise<number> {
    if (this.#closed) throw new KoineError('unavailable', 'The log is closed.')
    const job = new RewriteJob(partition, options)
    this.#jobs.push(job)
    this.#start()
    return job.done.promise
  }

  /** Looks, beside what goes on, whether there is space to give back. */
  reclaim(suspects: Suspects): void {
    this.#reclaimer.suspect(suspects)
    this.#start()
  }

  /** Runs what makes something dead, and notes so in the same write, then gives its space back beside what goes on. */
  async reclaimAfter<T>(note: () => Promise<T>, suspects: Suspects): Promise<T> {
    try {
      return await this.#reclaimer.afterNoting(note, suspects)
    } finally {
      this.#start()
    }
  }

  /** Finishes the segment at hand. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  #start(): void {
    if (!this.#closed) this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // Whoever calls at once with the first shares its passes.
    await Promise.resolve()
    while (!this.#closed && (this.#jobs.length > 0 || this.#reclaimer.hasWork)) {
      if (this.#jobs.length > 0) await this.#rewriteGroup(this.#takeJobs())
      else await this.#reclaimer.look(() => !this.#closed)
    }
    for (const job of this.#jobs) job.fail(new KoineError('unavailable', 'The log is closed.'))
    this.#running = undefined
  }

  /** Those that wait, one of each partition. */
  #takeJobs(): Jobs {
    const jobs = new Map<number, RewriteJob>()
    const later: RewriteJob[] = []
    for (const job of this.#jobs) {
      if (jobs.has(job.partition.number)) later.push(job)
      else jobs.set(job.partition.number, job)
    }
    this.#jobs = later
    return jobs
  }

  async #rewriteGroup(jobs: Jobs): Promise<void> {
    try {
      // What is to be rewritten has to be in segments that nothing is added to.
      if (jobs.values().some((job) => this.#reachesIntoActive(job))) await this.#writer.seal()
      else await this.#writer.sync()
      await this.#writer.indexWritten()
      const { sealed } = this.#state
      for (const job of jobs.values()) job.passesTo(this.#firstInActive(job) ?? job.partition.endOffset)
      for (const each of sealed) {
        const next = await inTurn(this.#engine, this.#state, each, async (segment) => {
          const concerned = await this.#concerned(segment, jobs)
          return concerned.size > 0 ? this.#replacer.replace(segment, concerned) : undefined
        })
        if (next) this.#reclaimer.suspect([next])
      }
      for (const job of jobs.values()) job.finish(this.#startOf(job))
    } catch (error) {
      for (const job of jobs.values()) job.fail(error)
    }
  }

  /** Whether the active segment holds anything that the job would be shown. */
  #reachesIntoActive(job: RewriteJob): boolean {
    const frames = this.#state.active?.frames.get(job.partition.number)
    if (!frames) return false
    const first = rowOf(frames, this.#startOf(job))
    // The newest append alone is left where it is.
    return first + 1 < frames.count && frames.baseOffset(first) < job.before
  }

  #firstInActive(job: RewriteJob): number | undefined {
    const frames = this.#state.active?.frames.get(job.partition.number)
    return frames?.baseOffset(rowOf(frames, this.#startOf(job)))
  }

  #startOf({ partition }: RewriteJob): number {
    return this.#state.known.startOffset(partition.number)
  }

  /** The jobs that have something to look at in a segment. Others, and all when it is closing, stop there or go past it. */
  async #concerned(segment: Segment, jobs: Jobs): Promise<Jobs> {
    const concerned = new Map<number, RewriteJob>()
    const summary = await summaryOf(this.#engine, this.#state, segment)
    for (const [number, job] of jobs) {
      const share = summary.shareOf(number)
      if (!share || share.endOffset <= this.#startOf(job)) continue
      if (this.#closed || share.firstOffset >= job.before) job.stopAt(share.firstOffset)
      else concerned.set(number, job)
    }
    return concerned
  }
}
