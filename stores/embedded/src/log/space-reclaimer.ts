import type { TenantTables } from '@koine/stores-ports'
import { deadInActive, deadInSealed } from './dead-bytes.ts'
import type { Engine } from './engine.ts'
import type { LogState } from './log-state.ts'
import { firstReaching } from './sealed-search.ts'
import { deleteSegment } from './segment-replacement.ts'
import type { SegmentReplacer } from './segment-replacer.ts'
import type { Segment } from './segment.ts'
import type { SegmentWriter } from './segment-writer.ts'
import { inTurn } from './tiers/in-turn.ts'
import { unreclaimed } from './unreclaimed.ts'

/** Where something may be dead: in these segments, or in those that hold these offsets of a partition. */
export type Suspects =
  | readonly Segment[]
  | { readonly partition: number; readonly from: number; readonly before: number }

export interface SpaceReclaimerOptions {
  readonly engine: Engine
  readonly state: LogState
  readonly tables: TenantTables
  readonly writer: SegmentWriter
  readonly replacer: SegmentReplacer
}

/**
 * Gives back the space of what is dead. Segments that hold nothing else are deleted; those of which more than half is dead
 * are copied without it, those in the blob store only when that is a good part of a segment. The tables note that there is something to look for until all of it was looked at.
 */
export class SpaceReclaimer {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #tables: TenantTables
  readonly #writer: SegmentWriter
  readonly #replacer: SegmentReplacer
  #waiting: Suspects[] = []
  /** What is being noted and not yet among those that wait. */
  #noting = 0
  /** Something failed: everything is suspected the next time. */
  #hasMissed = false

  constructor({ engine, state, tables, writer, replacer }: SpaceReclaimerOptions) {
    this.#engine = engine
    this.#state = state
    this.#tables = tables
    this.#writer = writer
    this.#replacer = replacer
  }

  get hasWork(): boolean {
    return this.#waiting.length > 0
  }

  suspect(suspects: Suspects): void {
    this.#waiting.push(suspects)
  }

  /** Runs what makes something dead and notes so in the same write, then suspects it. */
  async afterNoting<T>(note: () => Promise<T>, suspects: Suspects): Promise<T> {
    this.#noting++
    try {
      return await note()
    } finally {
      this.#noting--
      // Also when it failed: it may have taken effect.
      this.suspect(suspects)
    }
  }

  /** Looks at what is suspected. Stops early, with nothing lost, when it may not go on. */
  async look(mayGoOn: () => boolean): Promise<void> {
    try {
      const noted = await unreclaimed.noted(this.#tables)
      const knowsAll = this.#noting === 0
      for (const suspects of this.#take()) {
        for (const segment of await this.#segmentsOf(suspects)) {
          if (!mayGoOn()) return
          await this.#tryToReclaim(segment)
        }
      }
      const isDone = !(await this.#sealIfDead()) && knowsAll && !this.#hasMissed && this.#waiting.length === 0
      if (noted !== undefined && isDone) await unreclaimed.done(this.#tables, noted)
    } catch (error) {
      this.#miss(error)
    }
  }

  #take(): readonly Suspects[] {
    const waiting = this.#hasMissed ? [this.#state.sealed] : this.#waiting
    this.#hasMissed = false
    this.#waiting = []
    return waiting
  }

  async #tryToReclaim(segment: Segment): Promise<void> {
    try {
      await inTurn(this.#engine, this.#state, segment, (current) => this.#reclaim(current))
    } catch (error) {
      this.#miss(error, segment.path)
    }
  }

  #miss(error: unknown, path = this.#state.directory): void {
    this.#hasMissed = true
    const what = 'The space of records that are gone was not given back; it is tried again later'
    this.#engine.logger.warn({ err: error, path }, what)
  }

  async #segmentsOf(suspects: Suspects): Promise<readonly Segment[]> {
    if (!('partition' in suspects)) return suspects
    const { sealed } = this.#state
    const { partition, from, before } = suspects
    const first = await firstReaching(this.#engine, this.#state, sealed, {
      partition,
      reaches: ({ endOffset }) => endOffset > from,
    })
    const last = await firstReaching(this.#engine, this.#state, sealed, {
      partition,
      reaches: ({ endOffset }) => endOffset >= before,
    })
    return sealed.slice(first, last + 1)
  }

  async #reclaim(segment: Segment): Promise<void> {
    // One whose index isn't on the disk yet comes again when it is.
    if (segment.unwritten) return
    const { live, dead } = await deadInSealed(this.#engine, this.#state, segment)
    if (live === 0) await deleteSegment(this.#engine, this.#state, segment)
    else if (dead > live && this.#isWorthIt(segment, dead)) await this.#replacer.replace(segment, new Map())
  }

  /** What is in the blob store has to be fetched from there and put there again. */
  #isWorthIt(segment: Segment, dead: number): boolean {
    return !segment.object || dead >= this.#engine.limits.segmentBytes / 8
  }

  /**
   * Seals the active segment when more than half of it is dead; it comes back as a suspect.
   * @returns whether anything dead is in a segment that can't be looked at yet
   */
  async #sealIfDead(): Promise<boolean> {
    const { active, sealed } = this.#state
    const { live, dead } = active ? deadInActive(this.#state, active) : { live: 0, dead: 0 }
    if (dead > live) await this.#writer.seal()
    return dead > 0 || sealed.at(-1)?.unwritten !== undefined
  }
}
