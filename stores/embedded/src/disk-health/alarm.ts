/** Raised when something has been over its limit for a time, and given up when it has been calm for a time. */
export class Alarm {
  readonly #raiseAfterMs: number
  readonly #calmMs: number
  #raised = false
  /** Since when it is as it would have to be for the next change. */
  #sinceMs: number | undefined

  constructor({ raiseAfterMs, calmMs }: { readonly raiseAfterMs: number; readonly calmMs: number }) {
    this.#raiseAfterMs = raiseAfterMs
    this.#calmMs = calmMs
  }

  /** Between `over` and `calm` it stays as it is. */
  update(nowMs: number, { over, calm }: { readonly over: boolean; readonly calm: boolean }): boolean {
    if (!(this.#raised ? calm : over)) this.#sinceMs = undefined
    else {
      this.#sinceMs ??= nowMs
      if (nowMs - this.#sinceMs >= (this.#raised ? this.#calmMs : this.#raiseAfterMs)) {
        this.#raised = !this.#raised
        this.#sinceMs = undefined
      }
    }
    return this.#raised
  }
}
