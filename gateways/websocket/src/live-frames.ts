import { encodeFrame, encodeMessage, encodeMessageFrame, encodeSentFrame } from '@koine/protocols-realtime'
import type { LiveEvent, Message, UserChanged } from '@koine/services-messaging'
import { wireFrame } from './wire-frame.ts'

/** Live events that clients hear of. */
export type ToldEvent = Exclude<LiveEvent, UserChanged>

interface Encoded {
  readonly text: string
  frame?: Buffer
}

/**
 * The bytes of live events. One message goes to its sender as `sent` and to each member's connections as `message`,
 * through separate events of which each has its own object: the few latest are kept by id, so that a message is
 * stringified once. What is pushed out is just encoded again. Of other events, the last is kept: its hearers come in a row.
 */
export class LiveFrames {
  readonly #messages = new Map<string, Encoded>()
  readonly #capacity: number
  #lastEvent: ToldEvent | undefined
  #lastFrame: Buffer | undefined

  constructor(capacity = 256) {
    this.#capacity = capacity
  }

  of(event: ToldEvent): Buffer {
    if (event === this.#lastEvent && this.#lastFrame) return this.#lastFrame
    this.#lastEvent = event
    this.#lastFrame = event.type === 'message' ? this.#ofMessage(event.message) : wireFrame(encodeFrame(event))
    return this.#lastFrame
  }

  sent(ref: string, message: Message): Buffer {
    return wireFrame(encodeSentFrame(ref, this.#encoded(message).text))
  }

  #ofMessage(message: Message): Buffer {
    const encoded = this.#encoded(message)
    return (encoded.frame ??= wireFrame(encodeMessageFrame(encoded.text)))
  }

  #encoded(message: Message): Encoded {
    const held = this.#messages.get(message.id)
    if (held) return held
    const encoded: Encoded = { text: encodeMessage(message) }
    this.#messages.set(message.id, encoded)
    if (this.#messages.size > this.#capacity) this.#dropOldest()
    return encoded
  }

  #dropOldest(): void {
    const oldest = this.#messages.keys().next()
    if (!oldest.done) this.#messages.delete(oldest.value)
  }
}
