import type { Clock } from '@koine/base'
import { type DiskErrorCode, diskErrorOf } from './disk-errors.ts'
import { type DiskOperation, diskOperations } from './disk-report.ts'
import { LatencyWindow } from './latency-window.ts'

const unhurried = new Set<DiskOperation>(['remove', 'object'])

export interface Waiting {
  readonly operation: DiskOperation
  readonly startedMs: number
}

export interface DiskFailure {
  readonly operation: DiskOperation
  readonly code: DiskErrorCode
}

/** What share of the operations a recent percentile is about. */
const share = 0.9

/** What is done with the disk: what is under way, how long it lately took, and how it failed. Near nothing per operation. */
export class DiskOperations {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** In the order of their start. */
  readonly #underWay = new Set<Waiting>()
  readonly #windows: ReadonlyMap<DiskOperation, LatencyWindow>
  readonly errors = new Map<DiskErrorCode, number>()
  onDone: ((operation: DiskOperation, ms: number) => void) | undefined
  onFailure: ((failure: DiskFailure) => void) | undefined

  constructor({ clock, slots }: { readonly clock: Pick<Clock, 'monotonic'>; readonly slots: number }) {
    this.#clock = clock
    this.#windows = new Map(diskOperations.map((operation) => [operation, new LatencyWindow(slots)]))
  }

  async run<T>(operation: DiskOperation, action: () => Promise<T>): Promise<T> {
    const waiting: Waiting = { operation, startedMs: this.#clock.monotonic() }
    this.#underWay.add(waiting)
    try {
      const result = await action()
      this.#done(waiting)
      return result
    } catch (error) {
      this.#failed(operation, error)
      throw error
    } finally {
      this.#underWay.delete(waiting)
    }
  }

  /** The one that began first of those under way, but for those that may take long by right. */
  oldest(): Waiting | undefined {
    for (const waiting of this.#underWay) if (!unhurried.has(waiting.operation)) return waiting
    return undefined
  }

  /** Of the last while; 0 when there were none. */
  recentMs(operation: DiskOperation): number {
    return this.#windows.get(operation)!.percentile(share)
  }

  /** The next slot of the last while begins. */
  turn(): void {
    for (const window of this.#windows.values()) window.turn()
  }

  #done({ operation, startedMs }: Waiting): void {
    const ms = this.#clock.monotonic() - startedMs
    this.#windows.get(operation)!.record(ms)
    this.onDone?.(operation, ms)
  }

  #failed(operation: DiskOperation, error: unknown): void {
    const code = diskErrorOf(error)
    if (code === undefined) return
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
    this.onFailure?.({ operation, code })
  }
}
