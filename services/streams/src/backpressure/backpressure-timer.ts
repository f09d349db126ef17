import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from '@koine/base'
import type { Backpressure } from './backpressure.ts'
import { EventLoopDelay } from './event-loop-delay.ts'

const delaySampleMs = 20

/** Ticks while there is work, and watches the event loop meanwhile; at rest there is no timer. */
export class BackpressureTimer implements Disposable {
  readonly #backpressure: Backpressure
  readonly #clock: Clock
  readonly #delay: EventLoopDelay
  readonly #watch: Disposable
  #timer: Timer | undefined
  #isOver = false

  /** @param busy the share of the time since the last call in which the event loop had work; unless given, this thread's */
  constructor(backpressure: Backpressure, clock: Clock, busy: () => number = threadBusy()) {
    this.#backpressure = backpressure
    this.#clock = clock
    this.#delay = new EventLoopDelay({ clock, sampleMs: delaySampleMs })
    this.#watch = backpressure.watch({
      name: 'event-loop',
      read: () => this.#delay.take(),
      isWait: true,
      busy,
      limit: backpressure.settings.eventLoopDelayMsMax,
    })
    backpressure.onWork = () => this.#start()
  }

  #start(): void {
    if (this.#isOver) return
    this.#delay.start()
    this.#timer = this.#clock.after(this.#backpressure.settings.tickMs, () => this.#tick())
  }

  #tick(): void {
    if (this.#backpressure.tick(this.#clock.monotonic())) this.#start()
    else this.#delay.stop()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#delay[Symbol.dispose]()
    this.#watch[Symbol.dispose]()
  }
}

function threadBusy(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
