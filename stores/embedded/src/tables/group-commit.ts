import { type Clock, KoineError, systemClock, type Timer } from '@koine/base'
import type { Faults } from '@koine/stores-ports'
import type { EntryValue } from './entry.ts'
import type { EntryStore } from './entry-store.ts'

export interface GroupCommitOptions {
  readonly store: EntryStore
  readonly clock: Clock
  /** `tables.commit` goes around each commit. */
  readonly faults: Faults
  /** Bytes that may wait for durability, those being committed included. */
  readonly pendingBytesMax: number
  /** After this long a commit is no longer waited for: 30 s when not given. What becomes of it is unknown then. */
  readonly commitTimeoutMs?: number
  /** Told of each commit that was made. */
  readonly onCommitted?: (commit: { readonly seconds: number; readonly batches: number }) => void
}

/** Changes that become durable together; null removes. */
interface Group {
  readonly changes: Map<string, EntryValue | null>
  readonly durable: PromiseWithResolvers<void>
  bytes: number
  batches: number
  /** Whether somebody waits for it. */
  awaited: boolean
}

/** How long removals that nobody waits for may wait for a group to ride along with, and how many of them. */
const lazyDelayMs = 50
const lazyChangesMax = 2000
/**
 * Gathers changes while an earlier group is being committed, so that many writers share one transaction and one sync.
 *
 * It is the only writer of its store. A change is decided on what was staged before it, durable or not, so the order of
 * staging is the order of commits; and whoever is told of an outcome is told once all that it rests on is durable. A
 * failed commit fails every group that was staged, and ends the staging.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #gathering: Group | undefined
  #committing: Group | undefined
  #lazyTimer: Timer | undefined
  #failure: KoineError | undefined
  #stuck = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  /**
   * Whether a commit that is no longer waited for has not come back. It may still take effect, and it holds LMDB's lock on
   * writing: closing the store would wait for it, and opening another would stop the whole process.
   */
  get stuck(): boolean {
    return this.#stuck
  }

  /** Whether anybody waits for durability. */
  get busy(): boolean {
    return this.#committing !== undefined || this.#gathering?.awaited === true
  }

  /** What the key holds once everything staged is durable. */
  read(key: string): EntryValue | undefined {
    const staged = this.#staged(key)
    return staged === undefined ? this.#options.store.peek(key) : (staged ?? undefined)
  }

  isRemoving(key: string): boolean {
    return this.#staged(key) === null
  }

  /** @throws KoineError `overloaded` when that many more bytes would be over the bound, `unavailable` after a failure */
  admit(bytes: number): void {
    if (this.#failure) throw this.#failure
    const pending = (this.#gathering?.bytes ?? 0) + (this.#committing?.bytes ?? 0)
    if (pending > 0 && pending + bytes > this.#options.pendingBytesMax) {
      throw new KoineError('overloaded', 'Too many writes wait for the disk; try again in a moment.', {
        retryAfterMs: 50,
      })
    }
  }

  /** Adds to the group that is gathering. Commits with it, once `commit` is called. */
  stage(key: string, value: EntryValue | null): void {
    this.#gathering ??= { changes: new Map(), durable: settledQuietly(), bytes: 0, batches: 0, awaited: false }
    this.#gathering.changes.set(key, value)
  }

  /** Has the gathering group committed as soon as the one before it is. Resolves when it is durable. */
  commit(bytes: number): Promise<void> {
    const group = this.#gathering
    if (!group) return this.settled()
    group.bytes += bytes
    group.batches++
    if (!group.awaited) {
      group.awaited = true
      // Whoever else writes in this turn of the event loop joins.
      if (!this.#committing) setImmediate(() => this.#commitNext())
    }
    return group.durable.promise
  }

  /** Has removals committed with another group, or by themselves before long. */
  removeLazily(keys: readonly string[]): void {
    if (this.#failure || keys.length === 0) return
    for (const key of keys) this.stage(key, null)
    if (this.#gathering!.changes.size >= lazyChangesMax) void this.commit(0)
    this.#lazyTimer ??= this.#options.clock.after(lazyDelayMs, () => {
      this.#lazyTimer = undefined
      void this.commit(0)
    })
  }

  /** Resolves when all that somebody waits for is durable, and rejects when it is lost. */
  settled(): Promise<void> {
    const last = this.#gathering?.awaited ? this.#gathering : this.#committing
    return last ? last.durable.promise : Promise.resolve()
  }

  /** Commits what is staged, and nothing after it. */
  async close(): Promise<void> {
    this.#lazyTimer?.cancel()
    // A lost group has told those who waited for it.
    await this.commit(0).catch(() => {})
    this.#failure ??= new KoineError('unavailable', 'The tables are closed.')
  }

  #staged(key: string): EntryValue | null | undefined {
    const staged = this.#gathering?.changes.get(key)
    return staged === undefined ? this.#committing?.changes.get(key) : staged
  }

  #commitNext(): void {
    const group = this.#gathering
    if (this.#committing || !group?.awaited) return
    this.#gathering = undefined
    this.#committing = group
    void this.#commit(group)
  }

  async #commit(group: Group): Promise<void> {
    const { faults, clock, onCommitted } = this.#options
    const startedMs = clock.monotonic()
    try {
      await faults.before('tables.commit')
      await this.#written(group)
      await faults.after('tables.commit')
    } catch (cause) {
      return this.#fail(cause)
    }
    if (this.#failure) return
    this.#committing = undefined
    onCommitted?.({ seconds: (clock.monotonic() - startedMs) / 1000, batches: group.batches })
    group.durable.resolve()
    // Those who were just told may write again at once, and join the next group.
    if (this.#gathering?.awaited) setImmediate(() => this.#commitNext())
  }

  #written({ changes }: Group): Promise<void> {
    const { commitTimeoutMs = 30_000 } = this.#options
    return new Promise((resolve, reject) => {
      // The disk keeps real time, whatever the clock of the rest says.
      const timer = systemClock.after(commitTimeoutMs, () => {
        this.#stuck = true
        reject(new KoineError('timeout', `A commit took over ${commitTimeoutMs} ms.`))
      })
      this.#options.store
        .commit(changes)
        .finally(() => {
          timer.cancel()
          this.#stuck = false
        })
        .then(resolve, reject)
    })
  }

  #fail(cause: unknown): void {
    const code = cause instanceof KoineError && cause.code === 'timeout' ? 'timeout' : 'unavailable'
    const failure = new KoineError(code, 'The tables could not be written to the disk.', { cause })
    this.#failure = failure
    for (const group of [this.#committing, this.#gathering]) group?.durable.reject(failure)
    this.#committing = this.#gathering = undefined
    this.#lazyTimer?.cancel()
  }
}

function settledQuietly(): PromiseWithResolvers<void> {
  const settling = Promise.withResolvers<void>()
  // A group of lazy removals has nobody who waits for it; a lost removal is done again.
  settling.promise.catch(() => {})
  return settling
}
