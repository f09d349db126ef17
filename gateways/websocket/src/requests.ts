import type { Connection } from './connection.ts'
import { answer, type RequestFrame } from './handlers/answer.ts'

/**
 * The requests of one connection: at most so many at work, started in the order in which they came. At the limit the
 * socket is not read; the frames that one last read had already brought wait here (a read is at most 64 KiB).
 */
export class Requests {
  readonly #connection: Connection
  readonly #inFlightMax: number
  #inFlight = 0
  #waiting: RequestFrame[] = []
  #onIdle: (() => void) | undefined

  constructor(connection: Connection, inFlightMax: number) {
    this.#connection = connection
    this.#inFlightMax = inFlightMax
  }

  accept(frame: RequestFrame): void {
    if (this.#inFlight < this.#inFlightMax) return this.#start(frame)
    this.#waiting.push(frame)
    this.#connection.stopReading()
  }

  /** Lets go of what has not begun. */
  dropWaiting(): void {
    this.#waiting = []
  }

  /** Resolves when nothing is at work. Has one caller at a time. */
  finished(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onIdle = resolve
    })
  }

  #start(frame: RequestFrame): void {
    this.#inFlight++
    void answer(this.#connection, frame).finally(this.#done)
  }

  readonly #done = (): void => {
    this.#inFlight--
    const next = this.#waiting.shift()
    if (next) this.#start(next)
    else this.#connection.readOn()
    if (this.#inFlight === 0) this.#onIdle?.()
  }
}
