import { KoineError } from '@koine/base/errors'
import type { ClientFrameOf, ServerFrame, ServerFrameOf } from '@koine/protocols-realtime'
import type { Link } from './link.ts'

/** A request was cut off from its answer: it may have been done or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

interface Requests {
  readonly send: ClientFrameOf<'send'>
  readonly read: ClientFrameOf<'read'>
  readonly catchUp: ClientFrameOf<'catchUp'>
}
interface Answers {
  readonly send: ServerFrameOf<'sent'>
  readonly read: ServerFrameOf<'read'>
  readonly catchUp: ServerFrameOf<'caughtUp'>
}
type Answer = Answers[keyof Answers]

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Requests over the link at hand and their answers, matched by `ref`. Without a link they fail with ConnectionLost. */
export class Calls {
  readonly #waiting = new Map<string, Waiting>()
  #link: Link | undefined
  #made = 0

  get isOpen(): boolean {
    return this.#link !== undefined
  }

  open(link: Link): void {
    this.#link = link
  }

  close(): void {
    this.#link = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(new ConnectionLost())
  }

  make<T extends keyof Requests>(type: T, members: Omit<Requests[T], 'type' | 'ref'>): Promise<Answers[T]> {
    const link = this.#link
    if (!link) return Promise.reject(new ConnectionLost())
    const ref = String(++this.#made)
    return new Promise((resolve, reject) => {
      this.#waiting.set(ref, { resolve: resolve as Waiting['resolve'], reject })
      link.send({ type, ref, ...members } as unknown as Requests[T])
    })
  }

  /** Takes the frames that answer a request; false for any other. */
  settle(frame: ServerFrame): boolean {
    const ref = 'ref' in frame ? frame.ref : undefined
    const waiting = ref === undefined ? undefined : this.#waiting.get(ref)
    if (ref === undefined || !waiting) return false
    this.#waiting.delete(ref)
    if (frame.type === 'error') waiting.reject(errorOf(frame))
    else waiting.resolve(frame as Answer)
    return true
  }
}

const errorOf = ({ code, message, retryAfterMs }: ServerFrameOf<'error'>): KoineError =>
  new KoineError(code, message, { ...(retryAfterMs !== undefined && { retryAfterMs }) })
