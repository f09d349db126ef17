import type { ServerProcess } from '@koine/server/testing'
import { percentile } from '../result.ts'
import { type Answer, PacedProducer, produceFrame } from './paced-producer.ts'
import { type LoadTenant, partitions, topic } from './tenants.ts'

const valueBytes = 100
const turnEveryMs = 2
const openingAtOnce = 20

/** What one tenant's requests met with during a phase. */
export interface Met {
  /** Answered a second. */
  readonly perSecond: number
  /** From being sent to being answered, in milliseconds. */
  readonly sentP99: number
  /** From being wanted to being answered: what the client had to wait before it might send counts as well. */
  readonly wantedP99: number
}

/** The producers of one tenant. */
export class TenantLoad implements Disposable {
  readonly #producers: PacedProducer[] = []
  #answers: Answer[] = []

  static async open(
    server: ServerProcess,
    tenant: LoadTenant,
    { connections, inFlightMax }: { readonly connections: number; readonly inFlightMax: number },
  ): Promise<TenantLoad> {
    const load = new TenantLoad()
    const onAnswer = (answer: Answer): void => void load.#answers.push(answer)
    for (let opened = 0; opened < connections; opened += openingAtOnce) {
      const batch = Array.from({ length: Math.min(openingAtOnce, connections - opened) }, () => {
        const frame = produceFrame(topic, { partitions, valueBytes })
        return PacedProducer.open(server.kafka, tenant.key, { frame, inFlightMax, onAnswer })
      })
      load.#producers.push(...(await Promise.all(batch)))
    }
    return load
  }

  /** Of each of the first so many connections; the others send nothing. */
  offer(o: { readonly connections: number; readonly perSecondEach: number }): void {
    this.#producers.forEach((producer, index) => {
      producer.perSecond = index < o.connections ? o.perSecondEach : 0
    })
  }

  turn(nowMs: number): void {
    for (const producer of this.#producers) producer.turn(nowMs)
  }

  /** What was answered since the last call. */
  take(): Answer[] {
    return this.#answers.splice(0)
  }

  [Symbol.dispose](): void {
    for (const producer of this.#producers) producer.close()
  }
}

/** Runs for so long; of the first part, in which the load settles, nothing is told. */
export async function phase(
  loads: readonly TenantLoad[],
  o: { readonly settlingMs: number; readonly measuredMs: number },
): Promise<Met[]> {
  await keepTurning(loads, o.settlingMs)
  for (const load of loads) load.take()
  const startedMs = performance.now()
  await keepTurning(loads, o.measuredMs)
  const seconds = (performance.now() - startedMs) / 1_000
  return loads.map((load) => metWith(load.take(), seconds))
}

function metWith(answers: readonly Answer[], seconds: number): Met {
  const p99 = (since: 'sentAtMs' | 'wantedAtMs'): number =>
    percentile(
      answers.map((answer) => answer.answeredAtMs - answer[since]),
      0.99,
    )
  return { perSecond: answers.length / seconds, sentP99: p99('sentAtMs'), wantedP99: p99('wantedAtMs') }
}

async function keepTurning(loads: readonly TenantLoad[], forMs: number): Promise<void> {
  const untilMs = performance.now() + forMs
  for (let nowMs = performance.now(); nowMs < untilMs; nowMs = performance.now()) {
    for (const load of loads) load.turn(nowMs)
    await new Promise((resolve) => setTimeout(resolve, turnEveryMs))
  }
}
