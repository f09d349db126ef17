import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Clock, Timer } from '@koine/base'

/** Of the last ten to twenty seconds. */
export interface EventLoopReport {
  /** How late the loop came to its timers. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  /** The share of time that it was busy, from 0 to 1. */
  readonly utilization: number
}

const resolutionMs = 20
const windowMs = 10_000

/** Watches how busy this thread is, in windows of ten seconds. */
export class EventLoop implements Disposable {
  readonly #clock: Clock
  readonly #delays: ReturnType<typeof monitorEventLoopDelay>
  #utilization: EventLoopUtilization
  #last: EventLoopReport = { delayP50Ms: 0, delayP99Ms: 0, utilization: 0 }
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#delays = monitorEventLoopDelay({ resolution: resolutionMs })
    this.#delays.enable()
    this.#utilization = performance.eventLoopUtilization()
    this.#turnLater()
  }

  describe(): EventLoopReport {
    const now = this.#current()
    return {
      delayP50Ms: Math.max(now.delayP50Ms, this.#last.delayP50Ms),
      delayP99Ms: Math.max(now.delayP99Ms, this.#last.delayP99Ms),
      utilization: now.utilization,
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#delays.disable()
  }

  #turnLater(): void {
    this.#timer = this.#clock.after(windowMs, () => {
      this.#last = this.#current()
      this.#delays.reset()
      this.#utilization = performance.eventLoopUtilization()
      this.#turnLater()
    })
  }

  #current(): EventLoopReport {
    // The histogram counts from one timer to the next, which is the resolution when all is well.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
    return {
      delayP50Ms: late(this.#delays.percentile(50)),
      delayP99Ms: late(this.#delays.percentile(99)),
      utilization: performance.eventLoopUtilization(this.#utilization).utilization,
    }
  }
}
