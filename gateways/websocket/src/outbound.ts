import type { Duplex } from 'node:stream'
import type { CorkedWrites } from './corked-writes.ts'

/** What goes to one client, with a bound on how much may wait for it. */
export class Outbound {
  readonly #stream: Duplex
  readonly #writes: CorkedWrites
  readonly #bytesMax: number

  constructor(stream: Duplex, writes: CorkedWrites, bytesMax: number) {
    this.#stream = stream
    this.#writes = writes
    this.#bytesMax = bytesMax
  }

  /** Never waits; false when the client has too much waiting already. */
  write(bytes: Buffer): boolean {
    // What the socket reports as its length is all that the system has not taken yet.
    if (this.#stream.writableLength + bytes.length > this.#bytesMax) return false
    this.#writes.write(this.#stream, bytes)
    return true
  }

  /** Whether it is time to wait for `flushed` before writing what can wait. */
  get isBehind(): boolean {
    return this.#stream.writableNeedDrain && !this.#stream.destroyed
  }

  /** Resolves when everything written has left, or never will. */
  flushed(): Promise<void> {
    const stream = this.#stream
    return new Promise((resolve) => {
      const done = (): void => {
        stream.off('drain', done)
        stream.off('close', done)
        resolve()
      }
      stream.on('drain', done)
      stream.on('close', done)
    })
  }
}
