import type { Engine } from '../engine.ts'
import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment.ts'
import { summaryOf } from '../segment-summary.ts'
import { copyToBlobs, leaveDisk } from './segment-moves.ts'
import { Scrub, type ScrubReport } from './scrub.ts'
import { tierOf } from './segment-file.ts'
import type { TenantTier } from './tenant-tier.ts'
import { isTiered } from './tiered-file.ts'

/** What is due of one segment on the local disk, and when. */
interface Due {
  readonly segment: Segment
  readonly move: 'copy' | 'leave'
  readonly atMs: number
  readonly bytesPerSecond: number
}

/** Moves one tenant's sealed segments to the blob store as their time comes. */
export class Tiering {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #tier: TenantTier
  /** When segments were sealed, or found at the opening of the log. */
  readonly #sealedAtMs = new WeakMap<Segment, number>()

  readonly #working = new Set<Promise<unknown>>()

  constructor(engine: Engine, state: LogState) {
    this.#engine = engine
    this.#state = state
    this.#tier = tierOf(engine)
    this.#tier.wake(this.#tier.clock.now())
  }

  /** A segment was sealed. */
  sealed(segment: Segment): void {
    const now = this.#tier.clock.now()
    this.#sealedAtMs.set(segment, now)
    // At once: there may be too much on the disk.
    this.#tier.wake(now)
  }

  /**
   * Does what is due, but copies at most one segment.
   * @returns when something is due next; undefined when nothing is until something changes
   * @throws what the blob store or the tables fail with; what was done stays done
   */
  step(): Promise<number | undefined> {
    return this.#waitedFor(this.#step())
  }

  /** Looks whether all is as it should be, and repairs what can be. */
  scrub(): Promise<ScrubReport> {
    return this.#waitedFor(new Scrub(this.#engine, this.#state).run())
  }

  /** Waits for what is under way, which is given up. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#working)
  }

  #waitedFor<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work)
    // The caller hears of a failure.
    void work.catch(() => {}).finally(() => this.#working.delete(work))
    return work
  }

  async #step(): Promise<number | undefined> {
    const leaving = await this.#due()
    for (const { segment, move } of leaving) if (move === 'leave') await leaveDisk(this.#engine, this.#state, segment)
    for (const record of this.#tier.records.all('deleting')) {
      await this.#tier.remove(record, () => this.#hasSegment(record.sequence))
    }
    for (const record of this.#tier.records.all('gone')) {
      if (!this.#hasSegment(record.sequence)) await this.#tier.records.forget(record.sequence)
    }
    const [copying] = (await this.#due()).filter(({ move }) => move === 'copy')
    if (copying) await copyToBlobs(this.#engine, this.#state, copying)
    return this.#nextAtMs()
  }

  #hasSegment(sequence: number): boolean {
    return this.#state.sealed.some((segment) => segment.sequence === sequence)
  }

  async #due(): Promise<readonly Due[]> {
    const now = this.#tier.clock.now()
    return (await this.#plan()).filter(({ atMs }) => atMs <= now)
  }

  async #nextAtMs(): Promise<number | undefined> {
    const plan = await this.#plan()
    return plan.length > 0 ? Math.min(...plan.map(({ atMs }) => atMs)) : undefined
  }

  /** Oldest segments first. */
  async #plan(): Promise<readonly Due[]> {
    const { settings, clock } = this.#tier
    if (!settings.enabled) return []
    const now = clock.now()
    const local = await this.#local()
    const localBytes = local.reduce((sum, { bytes }) => sum + bytes, 0)
    const hurry = Math.max(1, localBytes / Math.max(1, settings.localBytes))
    const bytesPerSecond = settings.copyBytesPerSecond * hurry
    let excess = localBytes - settings.localBytes
    return local.map(({ segment, bytes }): Due => {
      const { move, atMs, windowMs } = this.#windowOf(segment, now)
      // A clock that was set back makes nobody wait for longer than the window is.
      const dueAtMs = excess > 0 ? now : Math.min(atMs, now + windowMs)
      excess -= bytes
      return { segment, move, atMs: dueAtMs, bytesPerSecond }
    })
  }

  #windowOf(segment: Segment, now: number): Pick<Due, 'move' | 'atMs'> & { readonly windowMs: number } {
    const { settings, records } = this.#tier
    const copied = records.copied(segment.sequence)
    if (copied?.copyOf === segment.generation) {
      return { move: 'leave', atMs: copied.copiedAtMs + settings.localMs, windowMs: settings.localMs }
    }
    if (!this.#sealedAtMs.has(segment)) this.#sealedAtMs.set(segment, now)
    const sealedAtMs = this.#sealedAtMs.get(segment)!
    return { move: 'copy', atMs: sealedAtMs + settings.copyAfterMs, windowMs: settings.copyAfterMs }
  }

  /** The sealed segments on the local disk, and how large they are. */
  async #local(): Promise<{ readonly segment: Segment; readonly bytes: number }[]> {
    const local: { segment: Segment; bytes: number }[] = []
    for (const segment of this.#state.sealed) {
      if (isTiered(segment) || segment.unwritten) continue
      local.push({ segment, bytes: (await summaryOf(this.#engine, this.#state, segment)).segmentBytes })
    }
    return local
  }
}
