import { Metrics, seededRandomness, silentLogger, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { scopeTo } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import fc from 'fast-check'
import { Streams } from '../../streams.ts'
import { settled } from '../../testing/virtual-cluster.ts'
import { Fate, mortal } from './mortal-scope.ts'
import { type Attempt, partitions, type Process, timeoutMs, topic, Writer } from './writer.ts'

export type Act =
  | { readonly kind: 'step'; readonly writer: number }
  | { readonly kind: 'begin-anew'; readonly writer: number }
  | { readonly kind: 'crash'; readonly calls: number }
  | { readonly kind: 'fail'; readonly percent: number }
  | { readonly kind: 'advance'; readonly ms: number }

const writers = 4
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('step' as const), writer: fc.nat(writers - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin-anew' as const), writer: fc.nat(writers - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), calls: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), percent: fc.constantFrom(0, 10, 40) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(10, 5_000, 40_000) }),
  },
)

export const histories = fc.record({
  seed: fc.nat(),
  acts: fc.array(act, { minLength: 20, maxLength: 250, size: 'max' }),
})

/** A tenant, the process that serves it, and those who write to it; two have each transactional id. */
export class World {
  readonly clock = new ManualClock()
  readonly attempts: Attempt[] = []
  readonly #randomness
  readonly #scope
  readonly #writers: readonly Writer[]
  #fate: Fate
  #process: Process

  constructor(seed: number) {
    const randomness = (this.#randomness = seededRandomness(seed))
    const { clock, attempts } = this
    const stores = memoryStores({ clock, randomness })
    this.#scope = scopeTo(stores, tenantIds.make({ clock, randomness }))
    this.#fate = new Fate(randomness)
    this.#process = this.#start()
    let label = 0
    const nextLabel = (): number => ++label
    this.#writers = ['a', 'a', 'b', 'b'].map((id) => new Writer(id, { randomness, nextLabel, attempts }))
  }

  get process(): Process {
    return this.#process
  }

  async makeTopic(): Promise<void> {
    await this.#scope.log.createTopic({ name: topic, partitions })
  }

  async act(act: Act): Promise<void> {
    if (act.kind === 'step') await this.#steps(this.#writers[act.writer]!)
    else if (act.kind === 'begin-anew') this.#writers[act.writer]!.beginAnew()
    else if (act.kind === 'crash') this.#fate.dieAfter(act.calls)
    else if (act.kind === 'fail') this.#fate.fail(act.percent)
    else this.clock.advance(act.ms)
    await settled()
    if (this.#fate.isDead) this.restart()
  }

  async #steps(writer: Writer): Promise<void> {
    for (let i = 0; i < 5; i++) {
      writer.step(this.#process)
      await settled()
    }
  }

  /** Another process takes over. What the one before waits for never comes. */
  restart(): void {
    this.#fate.dieAfter(-1)
    this.#fate = new Fate(this.#randomness)
    this.#process = this.#start()
    for (const writer of this.#writers) writer.disconnected()
  }

  /** Nobody writes any more, and time goes on until all that is open is overdue. */
  async comeToRest(): Promise<void> {
    this.restart()
    await this.#process.streams.transactions.resume(this.#process.scope)
    for (let ms = 0; ms < 2 * timeoutMs; ms += 5_000) {
      this.clock.advance(5_000)
      for (let i = 0; i < 20; i++) await settled()
    }
  }

  #start(): Process {
    const common = { clock: this.clock, randomness: this.#randomness, logger: silentLogger, metrics: new Metrics() }
    return { streams: new Streams(common), scope: mortal(this.#scope, this.#fate) }
  }
}
