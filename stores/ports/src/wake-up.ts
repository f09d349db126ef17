/** One sleeper and whoever wakes it. A ring while nobody sleeps is kept for the next sleep; several count as one. */
export class WakeUp {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves once rung since the last sleep, or when the signal is aborted. */
  async sleep(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const onAbort = (): void => resolve()
    this.#wake = resolve
    signal.addEventListener('abort', onAbort)
    if (this.#rung || signal.aborted) resolve()
    await promise
    signal.removeEventListener('abort', onAbort)
    this.#rung = false
    this.#wake = undefined
  }
}
