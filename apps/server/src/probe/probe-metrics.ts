import type { Metrics } from '@koine/base'
import type { ProbeFailure, ProbeStage } from './probe-failure.ts'
import { type ProbeState, probeStates } from './probe-report.ts'
import type { ProbeTimes } from './probe-round.ts'

/** What the probe finds, for Prometheus. */
export class ProbeMetrics {
  readonly #seconds
  readonly #rounds
  readonly #failures

  constructor(metrics: Metrics, state: () => ProbeState) {
    this.#seconds = metrics.histogram({
      name: 'koine_probe_seconds',
      help: 'How long the probe, a Kafka client of the platform’s own, takes to connect, sign-in, produce and fetch; round-trip is from sending a record until it is read.',
      labelNames: ['step'],
    })
    this.#rounds = metrics.counter({ name: 'koine_probe_rounds_total', help: 'Rounds of the probe that ended.' })
    this.#failures = metrics.counter({
      name: 'koine_probe_failures_total',
      help: 'Rounds of the probe that failed, by what it was doing and how that failed.',
      labelNames: ['stage', 'reason'],
    })
    metrics.series({
      name: 'koine_probe_state',
      help: '1 for the state that the probe is in.',
      labelNames: ['state'],
      collect: async () => probeStates.map((each) => ({ labels: { state: each }, value: each === state() ? 1 : 0 })),
    })
  }

  succeeded({ connectMs, signInMs, produceMs, fetchMs, roundTripMs }: ProbeTimes): void {
    this.#rounds.inc()
    const steps = {
      connect: connectMs,
      'sign-in': signInMs,
      produce: produceMs,
      fetch: fetchMs,
      'round-trip': roundTripMs,
    }
    for (const [step, ms] of Object.entries(steps)) this.#seconds.observe({ step }, ms / 1000)
  }

  failed(stage: ProbeStage, { reason }: ProbeFailure): void {
    this.#rounds.inc()
    this.#failures.inc({ stage, reason })
  }
}
