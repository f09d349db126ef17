import { type Clock, type Logger, silentLogger, systemClock, type Timer } from '@koine/base'
import { DiskJudgement, type DiskVerdict } from './disk-judgement.ts'
import { defaultDiskLimits, type DiskLimits } from './disk-limits.ts'
import { type DiskFailure, DiskOperations } from './disk-operations.ts'
import { type DiskChange, type DiskOperation, diskOperations, type DiskReport, type DiskState } from './disk-report.ts'

export interface DiskHealthOptions {
  /** The disk keeps real time, whatever the clock of the rest says: the system's when not given. */
  readonly clock?: Clock
  readonly logger?: Logger
  readonly limits?: Partial<DiskLimits>
}

/** Told of every sync and how long it took, and of every error of the disk. */
export interface DiskObserver {
  synced(ms: number): void
  failed(failure: DiskFailure): void
}

/** What a recent latency is of. Shorter than it takes for a disk to be called slow: one slow operation isn't enough. */
const windowMs = 5_000
const changesMax = 20
const readLinesEveryMs = 10_000

/** With these a disk takes new data; what is only read may fail for one bad place. */
const making = new Set<DiskOperation>(['write', 'sync', 'name', 'object'])

/**
 * How the disk does, by how long operations take, whether they come back and whether they fail. Whoever uses the disk
 * does so through `watch`; the judgement is made beside it, by a timer, so that a disk is found out while it hangs.
 */
export class DiskHealth implements Disposable {
  readonly limits: DiskLimits
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #operations: DiskOperations
  readonly #judgement: DiskJudgement
  readonly #listeners = new Set<(change: DiskChange) => void>()
  readonly #observers = new Set<DiskObserver>()
  readonly #changes: DiskChange[] = []
  #verdict: DiskVerdict = { state: 'healthy', reason: '' }
  #sinceMs: number
  #syncMs = 0
  #failure: DiskFailure | undefined
  #failedLately = false
  #workedSince = true
  #check: (() => Promise<void>) | undefined
  #checking = false
  #checkedMs = 0
  #lookedMs: number
  #wasLate = false
  #toldOfReadMs = -Infinity
  #timer: Timer | undefined

  constructor({ clock = systemClock, logger = silentLogger, limits }: DiskHealthOptions = {}) {
    this.limits = { ...defaultDiskLimits, ...limits }
    this.#clock = clock
    this.#logger = logger
    this.#operations = new DiskOperations({ clock, slots: Math.ceil(windowMs / this.limits.everyMs) })
    this.#operations.onDone = (operation, ms) => this.#done(operation, ms)
    this.#operations.onFailure = (failure) => this.#failed(failure)
    this.#judgement = new DiskJudgement(this.limits)
    this.#sinceMs = clock.now()
    this.#lookedMs = clock.monotonic()
    this.#lookLater()
  }

  get state(): DiskState {
    return this.#verdict.state
  }

  /** Whether new data can be expected to get to the disk. */
  get takesData(): boolean {
    return this.state === 'healthy' || this.state === 'slow'
  }

  /** Nine in ten of the last seconds' syncs stayed within it, as of the last look; 0 when there were none. */
  get syncMs(): number {
    return this.#syncMs
  }

  /** How long the oldest operation under way has taken; 0 when there is none. */
  oldestWaitMs(): number {
    const oldest = this.#operations.oldest()
    return oldest ? this.#clock.monotonic() - oldest.startedMs : 0
  }

  /** Does it, and takes note of how it goes. */
  watch<T>(operation: DiskOperation, action: () => Promise<T>): Promise<T> {
    return this.#operations.run(operation, action)
  }

  onChange(listener: (change: DiskChange) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  observe(observer: DiskObserver): Disposable {
    this.#observers.add(observer)
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) }
  }

  /** What tries a disk that isn't well, through `watch` like everything else: whether it is over, though nobody writes. */
  checkWith(check: () => Promise<void>): void {
    this.#check = check
  }

  describe(): DiskReport {
    const recent = diskOperations.map((operation) => [operation, this.#operations.recentMs(operation)])
    return {
      ...this.#verdict,
      sinceMs: this.#sinceMs,
      recentMs: Object.fromEntries(recent) as DiskReport['recentMs'],
      oldestWaitMs: this.oldestWaitMs(),
      errors: Object.fromEntries(this.#operations.errors),
      changes: [...this.#changes],
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#check = undefined
    this.#listeners.clear()
    this.#observers.clear()
  }

  #done(operation: DiskOperation, ms: number): void {
    if (operation !== 'sync') return
    this.#workedSince = true
    for (const observer of this.#observers) observer.synced(ms)
  }

  #failed(failure: DiskFailure): void {
    for (const observer of this.#observers) observer.failed(failure)
    if (!making.has(failure.operation)) return this.#tellOfRead(failure)
    this.#failure = failure
    this.#failedLately = true
    this.#workedSince = false
    if (this.takesData) this.#judge()
  }

  /** No state: one bad place must not take every tenant out. */
  #tellOfRead({ operation, code }: DiskFailure): void {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#toldOfReadMs < readLinesEveryMs) return
    this.#toldOfReadMs = nowMs
    this.#logger.warn({ operation, code }, 'the disk failed to do what changes nothing')
  }

  #lookLater(): void {
    this.#timer = this.#clock.after(this.limits.everyMs, () => this.#look())
  }

  #look(): void {
    const lateMs = this.#clock.monotonic() - this.#lookedMs - this.limits.everyMs
    this.#lookedMs = this.#clock.monotonic()
    // A process that stood still has yet to hear of the operations that came back meanwhile: by the next look it has.
    this.#wasLate = lateMs >= this.limits.everyMs && !this.#wasLate
    if (!this.#wasLate) {
      this.#judge()
      this.#operations.turn()
    }
    if (this.state !== 'healthy') this.#tryDisk()
    this.#lookLater()
  }

  #judge(): void {
    const nowMs = this.#clock.monotonic()
    const oldest = this.#operations.oldest()
    this.#syncMs = this.#operations.recentMs('sync')
    const verdict = this.#judgement.of(nowMs, {
      oldest: oldest && { operation: oldest.operation, waitMs: nowMs - oldest.startedMs },
      syncMs: this.#syncMs,
      failure: this.#failure,
      failedLately: this.#failedLately,
      workedSince: this.#workedSince,
    })
    this.#failedLately = false
    const from = this.#verdict.state
    this.#verdict = verdict
    if (verdict.state !== from) this.#changed(from, verdict)
  }

  #changed(from: DiskState, { state: to, reason }: DiskVerdict): void {
    this.#sinceMs = this.#clock.now()
    const change: DiskChange = { from, to, reason, atMs: this.#sinceMs }
    this.#changes.unshift(change)
    this.#changes.length = Math.min(this.#changes.length, changesMax)
    const fields = { from, to, reason, syncMs: this.#syncMs, oldestWaitMs: this.oldestWaitMs() }
    if (to === 'healthy') this.#logger.info(fields, 'the disk is healthy again')
    else if (to === 'slow') this.#logger.warn(fields, 'the disk is slow')
    else this.#logger.error(fields, `the disk is ${to}`)
    for (const listener of this.#listeners) listener(change)
  }

  #tryDisk(): void {
    const nowMs = this.#clock.monotonic()
    if (!this.#check || this.#checking || nowMs - this.#checkedMs < this.limits.checkEveryMs) return
    this.#checking = true
    this.#checkedMs = nowMs
    this.#check()
      .catch((error: unknown) => this.#logger.debug({ err: error }, 'a disk that is not well was tried in vain'))
      .finally(() => (this.#checking = false))
  }
}
