import type { ToldEvent } from './live-frames.ts'

export interface Held {
  readonly event: ToldEvent
  readonly frame: Buffer
}

/**
 * Live events that come while a catch-up is read and written wait here, so that a client gets both in order and hardly
 * anything twice. Bounded: a client for which too much waits is too slow, and starts over with another catch-up.
 */
export class HeldBack {
  readonly #events: Held[] = []
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False when there is no room. */
  add(event: ToldEvent, frame: Buffer): boolean {
    this.#bytes += frame.length
    if (this.#bytes > this.#bytesMax) return false
    this.#events.push({ event, frame })
    return true
  }

  /** What the client does not have yet. @param reached what it has, by conversation */
  *beyond(reached: ReadonlyMap<string, number>): Generator<Held, void, undefined> {
    for (const held of this.#events) {
      const { event } = held
      if (event.type === 'message' && event.message.seq <= (reached.get(event.message.conversationId) ?? 0)) continue
      yield held
    }
  }
}
