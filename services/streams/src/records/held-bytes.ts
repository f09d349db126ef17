/** Counts the bytes that waiting fetches hold, all together. */
export class HeldBytes {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Holds so many more; undefined when that is more than there may be. */
  hold(bytes: number): Disposable | undefined {
    if (bytes > 0 && this.#bytes + bytes > this.#bytesMax) return undefined
    this.#bytes += bytes
    return { [Symbol.dispose]: () => void (this.#bytes -= bytes) }
  }
}
