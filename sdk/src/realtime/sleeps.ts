import type { Environment } from '../environment.ts'

/** Waits that can all be ended at once, so that nothing of a closed client keeps a program running. */
export class Sleeps {
  readonly #environment: Environment
  readonly #wakes = new Set<() => void>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel()
        this.#wakes.delete(wake)
        resolve()
      }
      const timer = this.#environment.after(delayMs, wake)
      this.#wakes.add(wake)
    })
  }

  wakeAll(): void {
    for (const wake of this.#wakes) wake()
  }
}
