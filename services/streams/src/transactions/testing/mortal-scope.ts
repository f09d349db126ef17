import { KoineError, type Randomness, wholeNumber } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import { settled } from '../../testing/virtual-cluster.ts'

/** What befalls the calls of one process to its stores: they are late, they fail, and at some point it dies amidst them. */
export class Fate {
  readonly #randomness: Randomness
  #callsLeft = Infinity
  #line: Promise<unknown> = Promise.resolve()
  /** Of a hundred calls, so many fail. */
  #failures = 0

  constructor(randomness: Randomness) {
    this.#randomness = randomness
  }

  dieAfter(calls: number): void {
    this.#callsLeft = calls
  }

  fail(percent: number): void {
    this.#failures = percent
  }

  get isDead(): boolean {
    return this.#callsLeft < 0
  }

  async before(): Promise<void> {
    await this.#pass()
    if (this.#strikes()) throw new KoineError('unavailable', 'It did not happen.')
  }

  /** The same for appends, which take effect in the order of the calls. */
  beforeInLine(): Promise<void> {
    const passed = this.#line.then(() => this.before())
    this.#line = passed.catch(() => {}) // The caller sees the failure; the next one comes all the same.
    return passed
  }

  async after(): Promise<void> {
    await this.#pass()
    if (this.#strikes()) throw new KoineError('timeout', 'It happened, and nobody knows.')
  }

  /** Nothing that a dead process waits for ever comes. */
  async #pass(): Promise<void> {
    for (let late = wholeNumber(this.#randomness, 4); late > 2; late--) await settled()
    this.#callsLeft--
    if (this.isDead) await new Promise(() => {})
  }

  #strikes(): boolean {
    return this.#failures > 0 && wholeNumber(this.#randomness, 100) < this.#failures
  }
}

/** The stores of a tenant as one process has them. */
export const mortal = (scope: TenantScope, fate: Fate): TenantScope => ({
  ...scope,
  tables: wrapped(scope.tables, fate, ['get', 'getMany', 'query', 'write']),
  log: wrapped(scope.log, fate, ['append', 'commitOffsets', 'committedOffsets', 'topic', 'read', 'bounds']),
})

/** The same with each of the methods at the mercy of fate. */
function wrapped<T extends object>(port: T, fate: Fate, methods: readonly (keyof T)[]): T {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target)
      if (typeof method !== 'function') return method
      if (!methods.includes(name as keyof T)) return method.bind(target)
      return async (...given: unknown[]) => {
        await (name === 'append' ? fate.beforeInLine() : fate.before())
        const outcome: unknown = await method.apply(target, given)
        await fate.after()
        return outcome
      }
    },
  })
}
