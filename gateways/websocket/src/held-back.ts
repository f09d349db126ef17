import type { LiveEvent } from '@koine/services-messaging'

/**
 * Live events that come while a catch-up is read and written wait here, so that a client gets both in order and hardly
 * anything twice. Bounded: a client for which too much waits is too slow, and starts over with another catch-up.
 */
export class HeldBack {
  readonly #events: { readonly event: LiveEvent; readonly frame: Buffer }[] = []
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False when there is no room. */
  add(event: LiveEvent, frame: Buffer): boolean {
    this.#bytes += frame.length
    if (this.#bytes > this.#bytesMax) return false
    this.#events.push({ event, frame })
    return true
  }

  /** The frames that the client does not have yet. @param reached what it has, by conversation */
  *framesBeyond(reached: ReadonlyMap<string, number>): Generator<Buffer, void, undefined> {
    for (const { event, frame } of this.#events) {
      if (event.type === 'message' && event.message.seq <= (reached.get(event.message.conversationId) ?? 0)) continue
      yield frame
    }
  }
}
