import { KoineError } from '@koine/base'
import { blobLimits } from '@koine/stores-ports'
import { CorruptSegment } from '../corrupt-segment.ts'
import type { Engine } from '../engine.ts'
import { scanFrames } from '../frame-scanner.ts'
import type { LogFile } from '../log-files.ts'
import type { LogState } from '../log-state.ts'
import { hasSegmentHeader, type Segment, segmentHeaderBytes } from '../segment.ts'
import { BrokenObject } from './broken-object.ts'
import { objectPrefix, parseObjectKey } from './object-format.ts'
import type { ObjectRecord } from './object-records.ts'
import { Pace } from './pace.ts'
import { tierOf } from './segment-file.ts'
import { readFooter } from './object-footer.ts'
import { checkFrames, leaveDisk, type Spend, tieredSegmentOf } from './segment-moves.ts'
import type { TenantTier } from './tenant-tier.ts'
import { isTiered } from './tiered-file.ts'

/** What a pass over one tenant's log found. */
export interface ScrubReport {
  /** Sealed segments that were read, on either medium. */
  segments: number
  /** Objects that nothing tells of: deleted. */
  orphans: number
  /** Segments damaged, or missing, on one medium: replaced by what is on the other. */
  repaired: number
  /** Segments that can't be read whole from anywhere, by what is wrong with them. */
  lost: string[]
}

/**
 * Compares a tenant's objects, their records and the files on the local disk, and reads all of them, slowly. What has
 * another copy is repaired from it; what hasn't is told of.
 * @throws `unavailable` when the blob store can't be reached
 */
export class Scrub {
  readonly #engine: Engine
  readonly #state: LogState
  readonly #tier: TenantTier
  readonly #spend: Spend
  readonly #report: ScrubReport = { segments: 0, orphans: 0, repaired: 0, lost: [] }

  constructor(engine: Engine, state: LogState) {
    const tier = tierOf(engine)
    const pace = new Pace(tier.clock, tier.closing)
    this.#engine = engine
    this.#state = state
    this.#tier = tier
    this.#spend = (bytes) => pace.spend(bytes, tier.settings.scrubBytesPerSecond)
  }

  async run(): Promise<ScrubReport> {
    await this.#deleteOrphans()
    for (const record of this.#tier.records.all('copied')) await this.#checkObject(record)
    for (const segment of this.#state.sealed) if (!isTiered(segment)) await this.#checkFile(segment)
    return this.#report
  }

  async #deleteOrphans(): Promise<void> {
    let cursor: string | undefined
    do {
      const from = cursor === undefined ? {} : { cursor }
      const page = await this.#tier.ask((blobs) =>
        blobs.list({ prefix: objectPrefix, limit: blobLimits.listBlobs, ...from }),
      )
      for (const { key } of page.blobs) await this.#tier.turns.take(() => this.#deleteIfOrphan(key))
      cursor = page.cursor
    } while (cursor !== undefined)
  }

  async #deleteIfOrphan(key: string): Promise<void> {
    const named = parseObjectKey(key)
    if (!named) {
      this.#engine.logger.warn({ key }, 'A blob among those of the log is none of its own; it is left alone')
      return
    }
    const record = this.#tier.records.of(named.sequence)
    if (record?.generation === named.generation && record.state !== 'gone') return
    await this.#tier.ask((blobs) => blobs.delete(key))
    this.#report.orphans++
  }

  async #checkObject(record: ObjectRecord): Promise<void> {
    this.#report.segments++
    try {
      await this.#readObject(record)
      this.#tier.damaged.delete(record.sequence)
    } catch (error) {
      if (!(error instanceof BrokenObject)) throw error
      await this.#tier.turns.take(() => this.#mendObject(record, error))
    }
  }

  async #readObject(record: ObjectRecord): Promise<void> {
    const segment = tieredSegmentOf(this.#state, record)
    await checkFrames(this.#engine, segment, this.#spend)
    if (await readFooter(this.#engine, segment)) return
    throw new BrokenObject(segment.object.key, 'has a damaged footer')
  }

  /** A file of the same contents is copied again; its own frames are checked then. */
  async #mendObject(record: ObjectRecord, error: BrokenObject): Promise<void> {
    const { sequence, copyOf } = record
    if (this.#tier.records.of(sequence) !== record) return
    const local = this.#state.sealed.find((each) => each.sequence === sequence && !isTiered(each))
    if (local?.generation !== copyOf) return this.#lose(sequence, error)
    await this.#tier.discard(sequence)
    this.#repair(sequence, error)
  }

  async #checkFile(segment: Segment): Promise<void> {
    this.#report.segments++
    try {
      await this.#engine.openFiles.use(segment.path, 'read', (file) => this.#readFile(file, segment))
    } catch (error) {
      // It may have gone on the way.
      if (!this.#state.sealed.includes(segment)) return
      if (this.#tier.closing.aborted) throw error
      await this.#mendFile(segment, error)
    }
  }

  async #readFile(file: LogFile, segment: Segment): Promise<void> {
    const read: LogFile['read'] = async (target, position) => {
      await this.#spend(target.length)
      return file.read(target, position)
    }
    if (!(await hasSegmentHeader(file, segment))) throw new CorruptSegment(segment.path, 0, 'it is cut off')
    const { goodBytes, fileBytes } = await scanFrames({ ...file, read }, segmentHeaderBytes, () => {})
    if (goodBytes < fileBytes) throw new CorruptSegment(segment.path, goodBytes, 'a frame there is damaged')
  }

  /** An object of the same contents, which was found whole before, takes its place. */
  async #mendFile(segment: Segment, error: unknown): Promise<void> {
    const copied = this.#tier.records.copied(segment.sequence)
    if (copied?.copyOf !== segment.generation) return this.#lose(segment.sequence, error)
    await leaveDisk(this.#engine, this.#state, segment)
    this.#repair(segment.sequence, error)
  }

  #repair(sequence: number, error: unknown): void {
    this.#report.repaired++
    this.#tier.metrics.found('repaired')
    this.#engine.logger.warn(
      { err: error, sequence },
      'A segment of the log was damaged, and is repaired from its copy',
    )
  }

  #lose(sequence: number, error: unknown): void {
    this.#report.lost.push(error instanceof KoineError ? error.message : String(error))
    this.#tier.damaged.add(sequence)
    this.#tier.metrics.found('lost')
    this.#engine.logger.error({ err: error, sequence }, 'A segment of the log is damaged, and there is no other copy')
  }
}
