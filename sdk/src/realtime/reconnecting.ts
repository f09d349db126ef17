import { KoineError } from '@koine/base/errors'
import { closeCodes, mayReconnect } from '@koine/protocols-realtime'
import type { Credential } from '../credential.ts'
import type { Backoff } from './backoff.ts'
import { errorOfClose } from './close-errors.ts'
import type { Status } from './status.ts'

export interface ReconnectingOptions {
  readonly credential: Credential
  readonly backoff: Backoff
  readonly sleep: (delayMs: number) => Promise<void>
  /** What has to be known before the first connection. */
  readonly prepare: () => Promise<void>
  /** Resolves with the close code when the connection is over. */
  readonly connectOnce: (token: string) => Promise<number>
  readonly onStatus: (status: Status) => void
}

/** How an attempt ended: with a wait before the next one, or for good. */
type Outcome = { readonly waitMs: number } | { readonly error: KoineError }

/** Connects again and again, until it is told to stop or the server refuses for good. */
export class Reconnecting {
  readonly #options: ReconnectingOptions
  /** Grows with each start and stop: what was begun under another number is over. */
  #run = 0
  #tokensRefused = 0

  constructor(options: ReconnectingOptions) {
    this.#options = options
  }

  start(): void {
    this.#tokensRefused = 0
    this.#options.backoff.reset()
    void this.#keepConnected(++this.#run)
  }

  stop(): void {
    this.#run++
  }

  /** The server has let us in. */
  connected(): void {
    this.#tokensRefused = 0
  }

  async #keepConnected(run: number): Promise<void> {
    const { onStatus, sleep } = this.#options
    while (run === this.#run) {
      onStatus({ state: 'connecting' })
      const outcome = await this.#attempt(() => run === this.#run)
      if (run !== this.#run) return
      if ('error' in outcome) return onStatus({ state: 'stopped', error: outcome.error })
      onStatus({ state: 'waiting', retryInMs: outcome.waitMs })
      await sleep(outcome.waitMs)
    }
  }

  async #attempt(wanted: () => boolean): Promise<Outcome> {
    const { credential, backoff, prepare, connectOnce } = this.#options
    try {
      await prepare()
      const token = await credential.get()
      if (!wanted()) return { waitMs: 0 }
      return this.#afterClose(await connectOnce(token), token)
    } catch (thrown) {
      // Where the token comes from may fail in its own ways: only an error of ours tells that trying again is of no use.
      if (thrown instanceof KoineError && !thrown.retryable) return { error: thrown }
      return { waitMs: backoff.nextMs() }
    }
  }

  #afterClose(closeCode: number, token: string): Outcome {
    const { credential, backoff } = this.#options
    if (closeCode === closeCodes.tokenExpired.code) credential.replace(token)
    if (mayReconnect(closeCode)) return { waitMs: backoff.nextMs() }
    const error = errorOfClose(closeCode)
    // One fresh token is worth a try; a second refusal in a row means that it isn't the token.
    const worthATry = error.code === 'unauthenticated' && this.#tokensRefused++ === 0 && credential.replace(token)
    return worthATry ? { waitMs: 0 } : { error }
  }
}
