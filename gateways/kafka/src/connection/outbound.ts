import type { Socket } from 'node:net'
import type { Clock, Timer } from '@koine/base'
import type { KafkaGatewayLimits } from '../limits.ts'
import type { WorkShare } from './work-budget.ts'

interface OutboundOptions {
  readonly clock: Clock
  readonly limits: KafkaGatewayLimits
  readonly share: WorkShare
}

/** The socket holds as much at a time, so that what a slow client has taken can be told. */
const handedBytesMax = 256 * 1024

/**
 * The sending half of a connection: what is written in one tick leaves in one system call, and a large answer in pieces,
 * each of which shows that the client still reads.
 */
export class Outbound {
  readonly #socket: Socket
  readonly #options: OutboundOptions
  readonly #queue: Uint8Array[] = []
  #unsentBytes = 0
  #handedBytes = 0
  #isScheduled = false
  #progressed: () => void = () => {}

  constructor(socket: Socket, options: OutboundOptions) {
    this.#socket = socket
    this.#options = options
    socket.once('close', () => this.#progressed())
  }

  /** @returns how many bytes */
  send(chunks: readonly Uint8Array[]): number {
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.#options.share.take(bytes)
    this.#unsentBytes += bytes
    for (const chunk of chunks) this.#queue.push(chunk)
    this.#schedule()
    return bytes
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(() => {
      this.#isScheduled = false
      this.#hand()
    })
  }

  /** Waits while too much is unsent. @returns false when the client takes nothing for too long */
  hasRoom(): Promise<boolean> {
    return this.#unsentAtMost(this.#options.limits.unsentBytesMax)
  }

  /** Waits until all is with the system. @returns false when the client takes nothing for too long */
  flushed(): Promise<boolean> {
    return this.#unsentAtMost(0)
  }

  async #unsentAtMost(bytes: number): Promise<boolean> {
    while (this.#unsentBytes > bytes && !this.#socket.destroyed) {
      if (!(await this.#progress())) return false
    }
    return true
  }

  /** Resolves when the client has taken something or is gone; false when neither happens in time. */
  #progress(): Promise<boolean> {
    const { clock, limits } = this.#options
    return new Promise((resolve) => {
      const timer: Timer = clock.after(limits.sendTimeoutMs, () => resolve(false))
      this.#progressed = () => {
        timer.cancel()
        resolve(true)
      }
    })
  }

  #hand(): void {
    if (this.#socket.destroyed) return
    this.#socket.cork()
    while (this.#handedBytes < handedBytesMax && this.#queue.length > 0) {
      const next = this.#queue[0]!
      const room = handedBytesMax - this.#handedBytes
      const piece = next.length <= room ? next : next.subarray(0, room)
      if (piece === next) this.#queue.shift()
      else this.#queue[0] = next.subarray(room)
      this.#handedBytes += piece.length
      this.#socket.write(piece, () => this.#taken(piece.length))
    }
    this.#socket.uncork()
  }

  #taken(bytes: number): void {
    this.#handedBytes -= bytes
    this.#unsentBytes -= bytes
    this.#options.share.giveBack(bytes)
    this.#progressed()
    if (this.#queue.length > 0) this.#schedule()
  }
}
