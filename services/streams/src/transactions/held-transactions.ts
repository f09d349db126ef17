import { noProducerId } from './outcomes.ts'
import { entriesOf, isOpen } from './transaction.ts'
import type { Held } from './transaction-store.ts'

/** What is in memory of one tenant's transactions, found by id and by producer. */
export class HeldTransactions {
  readonly #byId = new Map<string, Held>()
  /** Of the producer ids that are in use, and of those that they took the place of. */
  readonly #ids = new Map<number, string>()
  readonly #open = new Map<string, Held>()
  #entries = 0

  get(transactionalId: string): Held | undefined {
    return this.#byId.get(transactionalId)
  }

  idOf(producerId: number): string | undefined {
    return this.#ids.get(producerId)
  }

  set(held: Held): void {
    const { transaction } = held
    this.delete(transaction.transactionalId)
    this.#byId.set(transaction.transactionalId, held)
    if (transaction.lastProducerId !== noProducerId)
      this.#ids.set(transaction.lastProducerId, transaction.transactionalId)
    this.#ids.set(transaction.producerId, transaction.transactionalId)
    if (!isOpen(transaction)) return
    this.#open.set(transaction.transactionalId, held)
    this.#entries += entriesHeld(held)
  }

  delete(transactionalId: string): void {
    const held = this.#byId.get(transactionalId)
    if (!held) return
    this.#byId.delete(transactionalId)
    this.#ids.delete(held.transaction.producerId)
    this.#ids.delete(held.transaction.lastProducerId)
    if (this.#open.delete(transactionalId)) this.#entries -= entriesHeld(held)
  }

  get size(): number {
    return this.#byId.size
  }

  /** Partitions, groups and offsets of all open transactions. */
  get entries(): number {
    return this.#entries
  }

  all(): Iterable<Held> {
    return this.#byId.values()
  }

  /** Those that run, and those that are being ended. */
  open(): readonly Held[] {
    return [...this.#open.values()]
  }

  get openCount(): number {
    return this.#open.size
  }

  /** The id used least recently among those that `which` allows. */
  longestIdle(which: (held: Held) => boolean): Held | undefined {
    let longest: Held | undefined
    for (const held of this.#byId.values()) {
      if (longest && longest.transaction.updatedAtMs <= held.transaction.updatedAtMs) continue
      if (!isOpen(held.transaction) && which(held)) longest = held
    }
    return longest
  }
}

const entriesHeld = ({ transaction, offsets }: Held): number => entriesOf(transaction) + offsets.size
