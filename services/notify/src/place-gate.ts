interface Taken {
  places: number
  /** Who found none, less who came in since. */
  sentAway: number
}

const comeBack = { leastMs: 50, stepMs: 5, mostMs: 60_000 } as const

/**
 * Places for work under way, by key: an endpoint that hangs holds its own places and nobody else's. Who finds none comes
 * back later; the more were sent away while nobody left, the later.
 */
export class PlaceGate {
  readonly #max: number
  readonly #taken = new Map<string, Taken>()

  constructor(max: number) {
    this.#max = max
  }

  /** A place, given back by disposing of it; undefined when all are taken. */
  enter(key: string): Disposable | undefined {
    const taken = this.#taken.get(key) ?? { places: 0, sentAway: 0 }
    if (taken.places >= this.#max) {
      taken.sentAway++
      return undefined
    }
    taken.places++
    taken.sentAway = Math.max(0, taken.sentAway - 1)
    this.#taken.set(key, taken)
    return { [Symbol.dispose]: () => this.#leave(key, taken) }
  }

  /** When to come back, in milliseconds. */
  comeBackMs(key: string, fraction: number): number {
    const sentAway = this.#taken.get(key)?.sentAway ?? 0
    return Math.ceil(comeBack.leastMs + fraction * Math.min(comeBack.mostMs, sentAway * comeBack.stepMs))
  }

  #leave(key: string, taken: Taken): void {
    taken.places--
    if (taken.places === 0) this.#taken.delete(key)
  }
}
