import type { Clock } from '@koine/base'

/**
 * The life of one simulated process. After its end nothing of it goes on: calls under way never answer, timers never
 * fire, listeners hear nothing. What it had asked of the stores may still take effect.
 */
export class Lifeline {
  readonly #mourners = new Set<() => void>()
  #alive = true

  get alive(): boolean {
    return this.#alive
  }

  end(): void {
    this.#alive = false
    for (const mourn of this.#mourners) mourn()
    this.#mourners.clear()
  }

  /** Calls `listener` at the end; returns how to take that back. */
  onEnd(listener: () => void): () => void {
    this.#mourners.add(listener)
    return () => this.#mourners.delete(listener)
  }

  /** The clock as this process has it. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, action) => clock.after(delayMs, () => this.#alive && action()),
    }
  }

  /** A store as this process has it. Arguments that are functions are listeners. */
  tie<T extends object>(store: T): T {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value === 'object' && value !== null) return this.tie(value)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) =>
          this.#call(() =>
            value.apply(
              target,
              args.map((arg) => (typeof arg === 'function' ? this.#heard(arg) : arg)),
            ),
          )
      },
    })
  }

  #call(call: () => unknown): unknown {
    if (!this.#alive) return never
    const answer = call()
    if (!(answer instanceof Promise)) return answer
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.#alive && resolve(value),
        (error: unknown) => this.#alive && reject(error as Error),
      )
    })
  }

  #heard(listener: Function): (...args: unknown[]) => unknown {
    return (...args) => (this.#alive ? listener(...args) : undefined)
  }
}

const never = new Promise<never>(() => {})
