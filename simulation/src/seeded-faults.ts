import { type Clock, KoineError, type Randomness, sleep } from '@koine/base'
import type { Faults } from '@koine/stores-ports'

/** How bad the stores are in one run. Chances are per operation. */
export interface FaultProfile {
  readonly delayChance: number
  readonly delayMsMax: number
  /** It did not happen, and says so. */
  readonly failureChance: number
  /** It happened, and the answer is lost. */
  readonly lostAnswerChance: number
}

export function randomProfile(randomness: Randomness): FaultProfile {
  const upTo = (most: number): number => randomness.fraction() ** 2 * most
  return {
    delayChance: upTo(0.5),
    delayMsMax: 1 + upTo(300),
    failureChance: upTo(0.15),
    lostAnswerChance: upTo(0.15),
  }
}

/** Channels and partitions take what they are given in the order of the calls: it may fail, but not be overtaken. */
const ordered = new Set(['cache.publish', 'log.append'])
/** Of these the answers keep their order as well. */
const answeredInOrder = new Set(['cache.publish'])

export class SeededFaults implements Faults {
  readonly #randomness: Randomness
  readonly #clock: Clock
  readonly #profile: FaultProfile
  #calm = true
  #away = false

  constructor(o: { randomness: Randomness; clock: Clock; profile: FaultProfile }) {
    this.#randomness = o.randomness
    this.#clock = o.clock
    this.#profile = o.profile
  }

  rage(): void {
    this.#calm = false
  }

  calm(): void {
    this.#calm = true
  }

  /** Whether nearly every operation fails for now. */
  set away(away: boolean) {
    this.#away = away
  }

  before(operation: string): void | Promise<void> {
    if (this.#calm) return undefined
    const fails = this.#randomness.fraction() < (this.#away ? 0.9 : this.#profile.failureChance)
    return this.#slowly(fails ? unavailable : undefined, ordered.has(operation))
  }

  after(operation: string): void | Promise<void> {
    if (this.#calm) return undefined
    const lost = this.#randomness.fraction() < this.#profile.lostAnswerChance
    return this.#slowly(lost ? answerLost : undefined, answeredInOrder.has(operation))
  }

  #slowly(fault: (() => never) | undefined, isOrdered: boolean): void | Promise<void> {
    const { delayChance, delayMsMax } = this.#profile
    if (isOrdered || this.#randomness.fraction() >= delayChance) return fault?.()
    return sleep(this.#clock, this.#randomness.fraction() ** 3 * delayMsMax).then(fault)
  }
}

const unavailable = (): never => {
  throw new KoineError('unavailable', 'The engine is away (simulated).')
}

const answerLost = (): never => {
  throw new KoineError('timeout', 'The answer was lost (simulated).')
}
