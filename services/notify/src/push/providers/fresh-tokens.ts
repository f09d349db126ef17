import type { Clock } from '@koine/base'

export interface FreshToken {
  readonly text: string
  readonly madeAtMs: number
  readonly freshUntilMs: number
}

const tokensMax = 10_000

/** Signed or fetched tokens until they are stale: each is made once for all who ask meanwhile. */
export class FreshTokens {
  readonly #clock: Pick<Clock, 'now'>
  /** The least recently used first. */
  readonly #tokens = new Map<string, Promise<FreshToken>>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  async get(key: string, make: () => Promise<Omit<FreshToken, 'madeAtMs'>>): Promise<FreshToken> {
    const held = this.#tokens.get(key)
    const token = held && (await held)
    const now = this.#clock.now()
    // A wall clock that was set back makes a token from the future, which nobody would accept.
    if (token && token.freshUntilMs > now && token.madeAtMs <= now) {
      this.#keep(key, held)
      return token
    }
    if (this.#tokens.get(key) !== held) return this.get(key, make)
    const making = make().then((made) => ({ ...made, madeAtMs: now }))
    this.#keep(key, making)
    making.catch(() => {
      // Whoever asked hears of it; the next one tries again.
      if (this.#tokens.get(key) === making) this.#tokens.delete(key)
    })
    return making
  }

  forget(key: string): void {
    this.#tokens.delete(key)
  }

  #keep(key: string, token: Promise<FreshToken>): void {
    this.#tokens.delete(key)
    this.#tokens.set(key, token)
    if (this.#tokens.size > tokensMax) this.#tokens.delete(this.#tokens.keys().next().value!)
  }
}
