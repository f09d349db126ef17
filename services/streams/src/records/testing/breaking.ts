import { KoineError, type Randomness, seededRandomness } from '@koine/base'
import type { Faults } from '@koine/stores-ports'

/** Stores that fail at random while it is on: before an effect, or after it with the answer lost. */
export class Breaking implements Faults {
  isOn = false
  readonly #randomness: Randomness
  readonly #share: number

  /** @param share of the calls that fail, twice: before and after */
  constructor(seed: number, share: number) {
    this.#randomness = seededRandomness(seed)
    this.#share = share
  }

  before(): void {
    this.#maybeFail()
  }

  after(): void {
    this.#maybeFail()
  }

  #maybeFail(): void {
    if (this.isOn && this.#randomness.fraction() < this.#share) throw new KoineError('unavailable', 'The store broke.')
  }
}

/** What a call resolves to; undefined when the stores broke. */
export async function unlessBroken<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (thrown) {
    if (thrown instanceof KoineError && thrown.code === 'unavailable') return undefined
    throw thrown
  }
}
