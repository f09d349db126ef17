/** The largest sum over as many steps as a window has, of all windows that end at any step. */
export class WindowPeak {
  readonly #steps: Float64Array
  #at = 0
  #sum = 0
  peak = 0

  constructor(steps: number) {
    this.#steps = new Float64Array(steps)
  }

  add(amount: number): void {
    this.#sum += amount - this.#steps[this.#at]!
    this.#steps[this.#at] = amount
    this.#at = (this.#at + 1) % this.#steps.length
    this.peak = Math.max(this.peak, this.#sum)
  }
}
