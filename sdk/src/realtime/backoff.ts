/**
 * Waits between attempts: exponential, with full jitter, so that thousands of clients that were cut off at once don't
 * come back at once (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export class Backoff {
  readonly #options: BackoffOptions
  #attempts = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  nextMs(): number {
    const { firstMs, maxMs, fraction } = this.#options
    const ceilingMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#attempts++, 30))
    return Math.round(ceilingMs * fraction())
  }

  reset(): void {
    this.#attempts = 0
  }
}

export interface BackoffOptions {
  /** The longest first wait. */
  readonly firstMs: number
  readonly maxMs: number
  /** A number in [0, 1). */
  readonly fraction: () => number
}
