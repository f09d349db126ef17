import { KoineError } from '@koine/base'
import type { Events, Scope } from '../options.ts'

interface TestEvent {
  readonly cursor: string
  readonly body: string
}

/** The platform's events in memory: one topic a tenant, whose cursors are counts. */
export class TestEvents implements Events {
  readonly topic = 'koine.messages'
  readonly #events = new Map<string, TestEvent[]>()
  readonly #waiting = new Set<() => void>()
  /** How many events were taken by readers. */
  taken = 0
  readers = 0
  /** Thrown by the next step of any reader. */
  failure: unknown

  publish(scope: Scope, body: string): void {
    const events = this.#of(scope)
    events.push({ cursor: String(events.length + 1), body })
    this.wake()
  }

  wake(): void {
    for (const wake of this.#waiting) wake()
  }

  async *read(
    scope: Scope,
    { topic, from }: { topic: string; from: string },
    signal: AbortSignal,
  ): AsyncGenerator<TestEvent> {
    if (topic !== this.topic) throw new KoineError('not_found', `There is no platform topic ${topic}.`)
    const events = this.#of(scope)
    let next = from === 'earliest' ? 0 : from === 'latest' ? events.length : Number(from)
    if (!Number.isInteger(next)) throw new KoineError('invalid_request', 'This is not a cursor.')
    this.readers++
    try {
      while (!signal.aborted) {
        if (this.failure !== undefined) throw this.failure
        const event = events[next]
        if (event) {
          next++
          this.taken++
          yield event
        } else await this.#more(signal)
      }
    } finally {
      this.readers--
    }
  }

  async #more(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    signal.addEventListener('abort', () => resolve())
    await promise
    this.#waiting.delete(resolve)
  }

  #of({ tenantId }: Scope): TestEvent[] {
    let events = this.#events.get(tenantId)
    if (!events) this.#events.set(tenantId, (events = []))
    return events
  }
}
