import { access, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KoineError } from '@koine/base'
import { Environment, type EnvironmentOptions } from './environment.ts'

export interface EnvironmentPoolOptions extends EnvironmentOptions {
  readonly openMax: number
}

/**
 * The open environments by directory, each opened when it is first used. When more than `openMax` are open, the one
 * used longest ago closes, but never one that somebody waits for: with more busy ones than that, all of them stay open
 * until the next one opens or the next sweep comes.
 */
export class EnvironmentPool {
  readonly #options: EnvironmentPoolOptions
  /** In the order of their last use. */
  readonly #open = new Map<string, Environment>()
  /** What goes on in a directory that is being opened, closed or dropped. */
  readonly #changing = new Map<string, Promise<void>>()
  readonly #listeners = new Map<string, Set<() => void>>()
  /** They open one after another: otherwise none would be there yet that could close for the others. */
  #opening: Promise<unknown> = Promise.resolve()
  #lastUsed: string | undefined
  #closed = false

  constructor(options: EnvironmentPoolOptions) {
    this.#options = options
  }

  /** Runs `action` on the open environment of the directory, at once when it is open. */
  use<T>(directory: string, action: (environment: Environment) => T): T | Promise<Awaited<T>> {
    const environment = this.#usable(directory)
    return environment ? action(environment) : this.#useOpened(directory, action)
  }

  /** As `use`, but makes nothing: undefined when there is no such environment. */
  read<T>(directory: string, action: (environment: Environment) => T): T | Promise<Awaited<T> | undefined> {
    const environment = this.#usable(directory)
    return environment ? action(environment) : this.#readOpened(directory, action)
  }

  isOpen(directory: string): boolean {
    return this.#usable(directory) !== undefined
  }

  /** Whether nothing was ever written there. */
  async isAbsent(directory: string): Promise<boolean> {
    if (this.#open.has(directory)) return false
    return access(join(directory, 'data.mdb')).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    )
  }

  /** Those who listen to the directory's commits, whether it is open or not. */
  listeners(directory: string): Set<() => void> {
    let listeners = this.#listeners.get(directory)
    if (!listeners) {
      listeners = new Set()
      this.#listeners.set(directory, listeners)
    }
    return listeners
  }

  /** Closes the environment and removes its directory, and the one around it when nothing else is in there. */
  async drop(directory: string): Promise<void> {
    this.#refuseWhenClosed()
    await this.#change(directory, async () => {
      await this.#close(directory)
      await rm(directory, { recursive: true, force: true })
      await rmdir(dirname(directory)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
      })
    })
  }

  /** Takes expired records out of every open environment, a bounded number a turn. */
  async sweep(recordsPerTurn: number): Promise<void> {
    const directories = [...this.#open.keys()]
    for (const directory of directories) {
      let more = true
      while (more) {
        // Not a use: the sweep keeps nothing open.
        const environment = this.#open.get(directory)
        more = environment !== undefined && !environment.failed && environment.sweep(recordsPerTurn)
        await yieldToTimers()
      }
    }
    await this.#closeOldest(this.#options.openMax)
  }

  /** Closes all, having committed what they were given. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#changing.size > 0 || this.#open.size > 0) {
      await Promise.allSettled(this.#changing.values())
      for (const directory of this.#open.keys()) await this.#close(directory)
    }
  }

  get size(): number {
    return this.#open.size
  }

  #usable(directory: string): Environment | undefined {
    const environment = this.#open.get(directory)
    if (!environment || environment.failed || this.#closed) return undefined
    if (this.#lastUsed !== directory) {
      this.#open.delete(directory)
      this.#open.set(directory, environment)
      this.#lastUsed = directory
    }
    return environment
  }

  async #useOpened<T>(directory: string, action: (environment: Environment) => T): Promise<Awaited<T>> {
    for (;;) {
      this.#refuseWhenClosed()
      const environment = this.#usable(directory)
      // In this very turn, so that it can't close in between.
      if (environment) return await action(environment)
      await this.#change(directory, () => this.#reopen(directory))
    }
  }

  async #readOpened<T>(directory: string, action: (environment: Environment) => T): Promise<Awaited<T> | undefined> {
    this.#refuseWhenClosed()
    return (await this.isAbsent(directory)) ? undefined : this.#useOpened(directory, action)
  }

  /** Waits for what goes on in the directory, then does the next thing there. Nothing else happens to it meanwhile. */
  async #change(directory: string, action: () => Promise<void>): Promise<void> {
    for (let changing = this.#changing.get(directory); changing; changing = this.#changing.get(directory)) {
      await changing.catch(() => {}) // Told to whoever asked for it.
    }
    const changing = action()
    this.#changing.set(directory, changing)
    try {
      await changing
    } finally {
      this.#changing.delete(directory)
    }
  }

  async #reopen(directory: string): Promise<void> {
    if (this.#usable(directory)) return
    await this.#close(directory)
    const opening = this.#opening.then(async () => {
      await this.#closeOldest(this.#options.openMax - 1)
      this.#open.set(directory, await Environment.open(directory, this.#options, this.listeners(directory)))
    })
    // Whoever asked for it uses it before the next one opens.
    this.#opening = opening.then(yieldToTimers, () => {}) // They hear of the failure.
    await opening
  }

  /** Closes those used longest ago, down to that many or to those that somebody waits for. */
  async #closeOldest(leaving: number): Promise<void> {
    for (const [directory, environment] of this.#open) {
      if (this.#open.size <= leaving) return
      if (environment.busy || this.#changing.has(directory)) continue
      // Not told to those who need its room: what did not go down is in the journal, and a stuck one stays and tells its users.
      await this.#change(directory, () => this.#close(directory)).catch(() => {})
    }
  }

  async #close(directory: string): Promise<void> {
    const environment = this.#open.get(directory)
    if (!environment) return
    if (environment.stuck && !this.#closed) throw stillOnItsWay()
    this.#open.delete(directory)
    if (this.#lastUsed === directory) this.#lastUsed = undefined
    await environment.close()
    if (environment.stuck && !this.#closed) {
      this.#open.set(directory, environment)
      throw stillOnItsWay()
    }
    // The binding frees an environment's memory in timers; closing many without a pause would hold all of it.
    await yieldToTimers()
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new KoineError('unavailable', 'The tables are closed.')
  }
}

const stillOnItsWay = (): KoineError =>
  new KoineError('unavailable', 'An earlier write is still on its way to the disk; try again in a moment.', {
    retryAfterMs: 1000,
  })

const yieldToTimers = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))
