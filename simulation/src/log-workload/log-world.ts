import { KoineError, Metrics, type Randomness, seededRandomness, silentLogger, sleep, tenantIds } from '@koine/base'
import { Streams } from '@koine/services-streams'
import { scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { Lifeline } from '../lifeline.ts'
import { randomProfile, SeededFaults } from '../seeded-faults.ts'
import { Trace } from '../trace.ts'
import { VirtualClock } from '../virtual-clock.ts'

/** A test's way of breaking a piece: the process then gets this scope instead of the true one. */
export type LogSabotage = (scope: TenantScope) => TenantScope

/** Longer than a fault can delay what a dead process has asked of the stores: two of those share no tenant. */
const burialMs = 1_000
const patienceMs = 60_000
const retryable = new Set(['timeout', 'unavailable', 'conflict', 'overloaded'])

interface Node {
  readonly life: Lifeline
  readonly streams: Streams
  readonly scope: TenantScope
}

/** One tenant's virtual cluster on one process after another, over stores that survive them. All follows from the seed. */
export class LogWorld {
  readonly clock = new VirtualClock()
  readonly trace = new Trace(this.clock)
  readonly faults: SeededFaults
  crashes = 0
  /** Nothing fails any more. */
  isCalm = false
  readonly #seed: number
  readonly #stores: Stores
  readonly #scope: TenantScope
  readonly #ids: Randomness
  #node: Node | undefined

  constructor(seed: number, sabotage: LogSabotage = (scope) => scope) {
    this.#seed = seed
    this.faults = new SeededFaults({
      randomness: this.chance(1),
      clock: this.clock,
      profile: randomProfile(this.chance(2)),
    })
    this.#ids = this.chance(3)
    this.#stores = memoryStores({ clock: this.clock, randomness: this.#ids, faults: this.faults })
    this.#scope = sabotage(scopeTo(this.#stores, tenantIds.make({ clock: this.clock, randomness: this.#ids })))
    this.start()
  }

  /** A source of chance of its own for each purpose. */
  chance(purpose: number): Randomness {
    return seededRandomness(Math.imul(this.#seed + 1, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b))
  }

  /** The stores themselves, past the process. */
  get scope(): TenantScope {
    return this.#scope
  }

  start(): void {
    this.trace.note('the node starts')
    const life = new Lifeline()
    const streams = new Streams({
      clock: life.clock(this.clock),
      randomness: this.#ids,
      logger: silentLogger,
      metrics: new Metrics(),
    })
    const { tenantId, tables, log, cache, blobs, queue } = this.#scope
    const scope: TenantScope = {
      tenantId,
      tables: life.tie(tables),
      log: life.tie(log),
      cache: life.tie(cache),
      blobs: life.tie(blobs),
      queue: life.tie(queue),
    }
    this.#node = { life, streams, scope }
    streams.transactions.wake(scope)
  }

  async crash(pauseMs: number): Promise<void> {
    this.trace.note('the node crashes')
    this.crashes++
    this.#node?.life.end()
    this.#node = undefined
    await sleep(this.clock, burialMs + pauseMs)
    this.start()
  }

  /** A client's call, which fails when the node dies under it like a connection that is reset. */
  call<T>(ask: (streams: Streams, scope: TenantScope) => Promise<T>): Promise<T> {
    const node = this.#node
    if (!node) return Promise.reject(reset())
    return new Promise<T>((resolve, reject) => {
      const timer = this.clock.after(patienceMs, () => reject(new Error('a call was never answered')))
      const forget = node.life.onEnd(() => {
        timer.cancel()
        reject(reset())
      })
      const settle = (): void => {
        timer.cancel()
        forget()
      }
      ask(node.streams, node.scope).finally(settle).then(resolve, reject)
    })
  }

  /** Whether a client may try the same again; what nobody should ever be told is a violation. */
  isPassing(who: string, thrown: unknown): boolean {
    if (thrown instanceof KoineError && retryable.has(thrown.code)) return true
    this.trace.violation(`${who} is told ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
    return false
  }
}

const reset = (): KoineError => new KoineError('unavailable', 'The connection was reset (simulated).')
