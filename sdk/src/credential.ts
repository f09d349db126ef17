/** A token, or where to get one: called when there is none yet and when the server refuses the one at hand. */
export type TokenSource = string | (() => Promise<string>)

/** The token in use. Callers that ask at the same time share one call of the source. */
export class Credential {
  readonly #source: TokenSource
  #token: string | undefined
  #asked: Promise<string> | undefined

  constructor(source: TokenSource) {
    this.#source = source
    if (typeof source === 'string') this.#token = source
  }

  get(): Promise<string> {
    return this.#token === undefined ? this.#ask() : Promise.resolve(this.#token)
  }

  /** Whether another token may be had once the server has refused `refused`. Forgets it if so. */
  replace(refused: string): boolean {
    if (typeof this.#source === 'string') return false
    if (this.#token === refused) this.#token = undefined
    return true
  }

  #ask(): Promise<string> {
    this.#asked ??= this.#fetchToken().finally(() => (this.#asked = undefined))
    return this.#asked
  }

  async #fetchToken(): Promise<string> {
    return (this.#token = typeof this.#source === 'string' ? this.#source : await this.#source())
  }
}
