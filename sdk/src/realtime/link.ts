import { type ClientFrame, decodeServerFrame, encodeFrame, type ServerFrame } from '@koine/protocols-realtime'
import type { Environment, StandardSocket } from '../environment.ts'

export interface LinkOptions {
  readonly url: string
  readonly connect: ClientFrame & { readonly type: 'connect' }
  readonly environment: Environment
  readonly onFrame: (frame: ServerFrame) => void
  /** Called once. @param code why, as the server said it; 1006 when the connection was lost or given up */
  readonly onEnd: (code: number) => void
  readonly connectWithinMs: number
  readonly pingEveryMs: number
}

const lost = 1006

/**
 * One WebSocket, from opening to its end. It gives up on a server that doesn't answer the connect frame in time, and on
 * one from which nothing comes, not even the answer to a ping: a connection can be dead without anybody being told.
 */
export class Link {
  readonly #options: LinkOptions
  readonly #socket: StandardSocket
  #timer: { cancel(): void }
  #ended = false
  #heard = false
  #pinged = false

  constructor(options: LinkOptions) {
    this.#options = options
    const { url, connect, environment, connectWithinMs } = options
    this.#socket = new environment.webSocket(url) as StandardSocket
    this.#socket.addEventListener('open', () => this.send(connect))
    this.#socket.addEventListener('message', ({ data }) => this.#receive(data))
    this.#socket.addEventListener('close', ({ code }) => this.#end(code))
    this.#socket.addEventListener('error', () => {}) // Tells nothing; the close event follows.
    this.#timer = environment.after(connectWithinMs, () => this.close())
  }

  send(frame: ClientFrame): void {
    if (!this.#ended) this.#socket.send(encodeFrame(frame))
  }

  /** Doesn't wait for the other side, which may be long gone. */
  close(): void {
    this.#end(lost)
    this.#socket.close()
  }

  #receive(data: unknown): void {
    if (this.#ended || typeof data !== 'string') return
    this.#heard = true
    const frame = decodeServerFrame(data)
    if (frame?.type === 'connected') this.#watch()
    if (frame) this.#options.onFrame(frame)
  }

  #watch(): void {
    this.#timer.cancel()
    this.#timer = this.#options.environment.after(this.#options.pingEveryMs, () => {
      if (this.#pinged && !this.#heard) return this.close()
      this.#pinged = !this.#heard
      this.#heard = false
      if (this.#pinged) this.send({ type: 'ping' })
      this.#watch()
    })
  }

  #end(code: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer.cancel()
    this.#options.onEnd(code)
  }
}
