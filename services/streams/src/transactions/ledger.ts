import { KoineError, toKoineError } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import { Alarm } from './alarm.ts'
import { carryOut, type EndMarkers } from './ending.ts'
import { HeldTransactions } from './held-transactions.ts'
import type { PendingOffset } from './pending-offsets.ts'
import { Retries } from './retries.ts'
import { completed, fenced, isEnding, isOpen, type Transaction } from './transaction.ts'
import type { TransactionContext } from './transaction-context.ts'
import { type Held, TransactionStore } from './transaction-store.ts'
import { Turns } from '../turns.ts'

/**
 * One tenant's transactions in memory and in the tables. The steps of a transactional id follow one another, and each makes
 * its change durable before it acts on it. What is in memory is what the tables hold, but for ids whose last write has
 * failed: those are read again. What is decided is carried out, and what is overdue is aborted, without anybody asking.
 */
export class TransactionLedger {
  readonly held = new HeldTransactions()
  readonly #scope: TenantScope
  readonly #context: TransactionContext
  readonly #store: TransactionStore
  /** Ids of which memory may be behind the tables. */
  readonly #doubtful = new Set<string>()
  readonly #turns = new Turns()
  readonly #alarm: Alarm
  readonly #retries: Retries
  readonly #markers: EndMarkers
  #isClosed = false

  private constructor(scope: TenantScope, context: TransactionContext) {
    this.#scope = scope
    this.#context = context
    this.#store = new TransactionStore(scope.tables, { expirationMs: context.limits.transactionalIdExpirationMs })
    this.#alarm = new Alarm(context.clock, () => this.#lookAround())
    this.#retries = new Retries(context.clock)
    this.#markers = {
      endTransaction: async (...end) => {
        // Whoever loads the tenant next tells all partitions: a marker after that would end what begins then.
        this.#checkOpen()
        return context.markers.endTransaction(...end)
      },
    }
  }

  /** Reads all that the tables hold, and begins to end what was decided before and what is overdue. */
  static async load(scope: TenantScope, context: TransactionContext): Promise<TransactionLedger> {
    const ledger = new TransactionLedger(scope, context)
    for await (const held of ledger.#store.all()) ledger.held.set(held)
    ledger.#lookAround()
    return ledger
  }

  /**
   * Runs a step when those before it of the same id are done.
   * @throws KoineError `unavailable` when the outcome of a write is unknown or somebody else came first: try again
   */
  step<T>(transactionalId: string, work: (held: Held | undefined) => Promise<T>): Promise<T> {
    return this.#turns.take(transactionalId, async () => {
      try {
        this.#checkOpen()
        await this.#refresh(transactionalId)
        return await work(this.live(transactionalId))
      } catch (thrown) {
        this.#doubtful.add(transactionalId)
        throw tryAgain(thrown)
      } finally {
        this.#watch(transactionalId)
      }
    })
  }

  /** As memory has it, unless it has expired. */
  live(transactionalId: string): Held | undefined {
    const held = this.held.get(transactionalId)
    if (!held || !this.#store.isExpired(held, this.#context.clock.now())) return held
    this.held.delete(transactionalId)
    return undefined
  }

  /** As it stands now. Waits for no step under way: such a step may itself wait for the one who asks. */
  async current(transactionalId: string): Promise<Held | undefined> {
    return this.#doubtful.has(transactionalId) ? this.#store.one(transactionalId) : this.live(transactionalId)
  }

  fits(transaction: Transaction): boolean {
    return this.#store.fits(transaction)
  }

  async put(transaction: Transaction, before: Held | undefined): Promise<Held> {
    this.#checkOpen()
    const held = await this.#store.put(transaction, before)
    this.held.set(held)
    return held
  }

  async addOffsets(before: Held, offsets: readonly PendingOffset[]): Promise<void> {
    this.#checkOpen()
    this.held.set(await this.#store.addOffsets(before, offsets))
  }

  /** Carries out what is decided; undefined when that failed, in which case it is tried again by itself. */
  async finish(decided: Held): Promise<Held | undefined> {
    const { transactionalId } = decided.transaction
    try {
      await carryOut(this.#scope, decided, this.#markers)
      this.#checkOpen()
      const done = await this.#store.complete(completed(decided.transaction, this.#context.clock.now()), decided)
      this.held.set(done)
      return done
    } catch (thrown) {
      this.#doubtful.add(transactionalId)
      this.#noteFailure(transactionalId, thrown)
      return undefined
    }
  }

  /** Aborts a running transaction so that its producer can do nothing more; undefined when that isn't carried out yet. */
  async abortFenced(running: Held): Promise<Held | undefined> {
    return this.finish(await this.put(fenced(running.transaction, this.#context.clock.now()), running))
  }

  /** Forgets the id that is idle longest, unless all have been used since. */
  async forgetIdle(idleSinceMs: number): Promise<boolean> {
    const idle = this.held.longestIdle(
      ({ transaction }) => transaction.updatedAtMs <= idleSinceMs && this.#turns.isIdle(transaction.transactionalId),
    )
    if (!idle) return false
    await this.step(idle.transaction.transactionalId, async (held) => {
      if (!held) return
      await this.#store.forget(held)
      this.held.delete(held.transaction.transactionalId)
    })
    return true
  }

  /** Resolves when the steps under way are done. */
  settled(): Promise<void> {
    return this.#turns.settled()
  }

  /** Begins nothing more, and resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#alarm.cancel()
    await this.#turns.settled()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KoineError('unavailable', 'Transactions of this tenant are being closed.')
  }

  async #refresh(transactionalId: string): Promise<void> {
    if (!this.#doubtful.has(transactionalId)) return
    const held = await this.#store.one(transactionalId)
    if (held) this.held.set(held)
    else this.held.delete(transactionalId)
    this.#doubtful.delete(transactionalId)
  }

  /** Sees to it that what is open is looked at when its time is over, or when it may be tried again. */
  #watch(transactionalId: string): void {
    const held = this.held.get(transactionalId)
    if (!held || !isOpen(held.transaction)) this.#retries.forget(transactionalId)
    else if (!this.#isClosed) this.#alarm.within(this.#dueInMs(held.transaction))
  }

  #dueInMs({ transactionalId, state, startedAtMs, timeoutMs }: Transaction): number {
    const leftMs = state === 'Ongoing' ? startedAtMs + timeoutMs - this.#context.clock.now() : 0
    return Math.max(leftMs, this.#retries.inMs(transactionalId))
  }

  #lookAround(): void {
    for (const { transaction } of this.held.open()) {
      const { transactionalId } = transaction
      // One with a step under way is watched again when that is done.
      if (!this.#turns.isIdle(transactionalId)) continue
      if (this.#dueInMs(transaction) > 0) this.#watch(transactionalId)
      else void this.#tend(transactionalId)
    }
  }

  /** Ends what is decided, and aborts what is overdue. */
  async #tend(transactionalId: string): Promise<void> {
    try {
      await this.step(transactionalId, async (held) => {
        if (!held || !isOpen(held.transaction) || this.#dueInMs(held.transaction) > 0) return
        await (isEnding(held.transaction) ? this.finish(held) : this.#abortOverdue(held))
      })
    } catch (thrown) {
      this.#noteFailure(transactionalId, thrown)
      this.#watch(transactionalId)
    }
  }

  async #abortOverdue(held: Held): Promise<void> {
    const { transactionalId, timeoutMs } = held.transaction
    await this.abortFenced(held)
    this.#context.logger.info({ transactionalId, timeoutMs }, 'a transaction was aborted: its time was over')
    this.#context.onTimeout()
  }

  #noteFailure(transactionalId: string, err: unknown): void {
    if (this.#isClosed) return
    const retryInMs = this.#retries.failed(transactionalId)
    this.#context.logger.warn({ err, transactionalId, retryInMs }, 'a transaction could not be ended; trying again')
  }
}

/** Whoever repeats the same request finds out what became of the first: every step may be repeated. */
function tryAgain(thrown: unknown): unknown {
  const { code } = toKoineError(thrown)
  if (code !== 'timeout' && code !== 'conflict') return thrown
  return new KoineError('unavailable', 'The transaction could not be written; try again.', { cause: thrown })
}
