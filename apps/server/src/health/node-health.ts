import type { Clock } from '@koine/base'
import type { Health, NodeHealth as NodeHealthReport } from '@koine/contract'
import type { Backpressure } from '@koine/services-streams'
import type { DiskHealth, Space } from '@koine/stores-embedded'
import type { KafkaProbe } from '../probe/kafka-probe.ts'
import { EventLoop } from './event-loop.ts'

interface Parts {
  readonly disk: DiskHealth
  readonly diskSpace: () => Space | undefined
  readonly backpressure: Backpressure
  readonly clock: Clock
}

/** How this process does, from what watches its parts: for readiness and for the operator. */
export class NodeHealth implements Disposable {
  /** Set once the Kafka listener listens; undefined when the probe is off. */
  probe: KafkaProbe | undefined
  readonly #parts: Parts
  readonly #eventLoop: EventLoop
  readonly #startedMs: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.#eventLoop = new EventLoop(parts.clock)
    this.#startedMs = parts.clock.now()
  }

  /**
   * Readiness is about what other nodes, or a page that says so, could do better: a disk that takes no data. A slow disk, a
   * probe that fails and backpressure are told beside it.
   */
  get readiness(): Pick<Health, 'checks'> & { readonly isReady: boolean } {
    const { disk, backpressure } = this.#parts
    return {
      isReady: disk.takesData,
      checks: {
        disk: disk.state,
        probe: this.probe?.state ?? 'off',
        backpressure: backpressure.state().overloaded ? 'overloaded' : 'ok',
      },
    }
  }

  describe(): NodeHealthReport {
    const { resident, heapUsed } = memory()
    return {
      status: this.#status(),
      startedAt: iso(this.#startedMs),
      disk: this.#disk(),
      probe: this.#probe(),
      backpressure: this.#backpressure(),
      eventLoop: this.#eventLoop.describe(),
      memory: { residentBytes: resident, heapUsedBytes: heapUsed },
      changes: this.#changes(),
    }
  }

  [Symbol.dispose](): void {
    this.#eventLoop[Symbol.dispose]()
  }

  #status(): NodeHealthReport['status'] {
    const { disk, backpressure } = this.#parts
    if (!disk.takesData) return 'failing'
    const isWell = disk.state === 'healthy' && this.probe?.state !== 'failing' && !backpressure.state().overloaded
    return isWell ? 'ok' : 'degraded'
  }

  #disk(): NodeHealthReport['disk'] {
    const { sinceMs, recentMs, oldestWaitMs, errors, state, reason } = this.#parts.disk.describe()
    const { read, write, sync } = recentMs
    return {
      state,
      reason,
      since: iso(sinceMs),
      recentMs: { read, write, sync },
      oldestWaitMs,
      ...this.#parts.diskSpace(),
      errors: { ...errors },
    }
  }

  #probe(): NodeHealthReport['probe'] {
    if (!this.probe) return { state: 'off' }
    const { state, reason, sinceMs, rounds, failures, times, lastFailure } = this.probe.describe()
    return {
      state,
      reason,
      since: iso(sinceMs),
      rounds,
      failures,
      ...(times && { lastRound: timed(times) }),
      ...(lastFailure && { lastFailure: timed(lastFailure) }),
    }
  }

  #backpressure(): NodeHealthReport['backpressure'] {
    const { overloaded, signal, pressure, bound, rate, slowedTenants, slowedMs } = this.#parts.backpressure.state()
    return { overloaded, signal: signal ?? null, pressure, rate, bound: bound ?? null, slowedTenants, slowedMs }
  }

  #changes(): NodeHealthReport['changes'] {
    const of = (part: 'disk' | 'probe') =>
      (part === 'disk' ? this.#parts.disk.describe() : this.probe?.describe())?.changes ?? []
    return (['disk', 'probe'] as const)
      .flatMap((part) => of(part).map(({ atMs, from, to, reason }) => ({ atMs, part, from, to, reason })))
      .toSorted((a, b) => b.atMs - a.atMs)
      .map(timed)
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

const timed = <T extends { readonly atMs: number }>({ atMs, ...rest }: T) => ({ at: iso(atMs), ...rest })

function memory(): { resident: number; heapUsed: number } {
  const { rss, heapUsed } = process.memoryUsage()
  return { resident: rss, heapUsed }
}
