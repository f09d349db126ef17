import { InvariantBroken } from '@koine/base'

interface Subscriber {
  active: boolean
  readonly handler: (message: string) => void
}

interface Delivery {
  readonly subscriber: Subscriber
  readonly message: string
}

/**
 * Publish/subscribe inside one process. Deliveries go through one line, so that a handler that publishes doesn't
 * overtake the message it is handling.
 */
export class Channels {
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  readonly #line: Delivery[] = []
  #delivering = false

  get isEmpty(): boolean {
    return this.#subscribers.size === 0
  }

  /** Reaches those who have subscribed by now. Throws when a handler did, once everybody else was served. */
  publish(channel: string, message: string): void {
    for (const subscriber of this.#subscribers.get(channel) ?? []) this.#line.push({ subscriber, message })
    if (!this.#delivering) this.#deliver()
  }

  /** Returns the way to stop; nothing is delivered after it was called. */
  subscribe(channel: string, handler: (message: string) => void): () => void {
    const subscriber = { active: true, handler }
    const subscribers = this.#subscribers.get(channel) ?? new Set()
    this.#subscribers.set(channel, subscribers.add(subscriber))
    return () => {
      subscriber.active = false
      subscribers.delete(subscriber)
      if (subscribers.size === 0 && this.#subscribers.get(channel) === subscribers) this.#subscribers.delete(channel)
    }
  }

  clear(): void {
    for (const subscribers of this.#subscribers.values())
      for (const subscriber of subscribers) subscriber.active = false
    this.#subscribers.clear()
  }

  #deliver(): void {
    const thrown: unknown[] = []
    this.#delivering = true
    // The line grows while handlers publish, hence the index.
    for (let i = 0; i < this.#line.length; i++) {
      const { subscriber, message } = this.#line[i]!
      try {
        if (subscriber.active) subscriber.handler(message)
      } catch (error) {
        thrown.push(error)
      }
    }
    this.#line.length = 0
    this.#delivering = false
    if (thrown.length > 0) throw new InvariantBroken('A subscriber of the cache threw.', { cause: thrown[0] })
  }
}
