import type { Socket } from 'node:net'
import type { Clock } from '@koine/base'
import type { KafkaGatewayLimits } from './limits.ts'

/** The sending half of a connection: what is written in one tick leaves in one system call. */
export class Outbound {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #limits: KafkaGatewayLimits
  #isCorked = false

  constructor(socket: Socket, { clock, limits }: { clock: Clock; limits: KafkaGatewayLimits }) {
    this.#socket = socket
    this.#clock = clock
    this.#limits = limits
  }

  /** @returns how many bytes */
  send(chunks: readonly Uint8Array[]): number {
    this.#cork()
    let bytes = 0
    for (const chunk of chunks) {
      bytes += chunk.length
      this.#socket.write(chunk)
    }
    return bytes
  }

  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#isCorked = false
      this.#socket.uncork()
    })
  }

  /** Waits while too much is unsent. @returns false when the client doesn't take it in time */
  async hasRoom(): Promise<boolean> {
    if (this.#socket.writableLength <= this.#limits.unsentBytesMax || this.#socket.destroyed) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const hasDrained = (): void => resolve(true)
    const timer = this.#clock.after(this.#limits.sendTimeoutMs, () => resolve(false))
    this.#socket.once('drain', hasDrained).once('close', hasDrained)
    try {
      return await promise
    } finally {
      timer.cancel()
      this.#socket.off('drain', hasDrained).off('close', hasDrained)
    }
  }
}
