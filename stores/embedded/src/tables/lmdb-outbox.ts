import { KoineError } from '@koine/base'
import { checkPendingLimit, type Outbox, type PendingEvent } from '@koine/stores-ports'
import type { EnvironmentPool } from './environment-pool.ts'

const positionPattern = /^\d{16}$/

/** A tenant's committed events, numbered in commit order over all keys. */
export class LmdbOutbox implements Outbox {
  readonly #pool: EnvironmentPool
  readonly #directory: string

  constructor(pool: EnvironmentPool, directory: string) {
    this.#pool = pool
    this.#directory = directory
  }

  async pending(limit: number, after?: string): Promise<readonly PendingEvent[]> {
    checkPendingLimit(limit)
    if (after !== undefined) checkPosition(after)
    return (await this.#pool.read(this.#directory, (environment) => environment.pending(limit, after))) ?? []
  }

  async remove(events: readonly PendingEvent[]): Promise<void> {
    for (const { position } of events) checkPosition(position)
    await this.#pool.read(this.#directory, (environment) => environment.remove(events))
  }

  onCommit(listener: () => void): Disposable {
    const listeners = this.#pool.listeners(this.#directory)
    // Its own function each time: one listener may be registered twice.
    const call = (): void => listener()
    listeners.add(call)
    return { [Symbol.dispose]: () => void listeners.delete(call) }
  }
}

function checkPosition(position: string): void {
  if (!positionPattern.test(position)) throw new KoineError('invalid_request', 'An event of another outbox.')
}
