import type { Faults } from '../faults.ts'
import type { Outbox, OutboxEvent, PendingEvent } from '../tables.ts'
import { checkPendingLimit } from '../table-validation.ts'
import { around } from './around.ts'

/** Committed events in commit order, numbered. A Map keeps that order and lets any of them go. */
export class MemoryOutbox implements Outbox {
  readonly #faults: Faults
  readonly #pending = new Map<string, PendingEvent>()
  readonly #listeners = new Set<() => void>()
  #committed = 0

  constructor(faults: Faults) {
    this.#faults = faults
  }

  pending(limit: number, after = '0'): Promise<readonly PendingEvent[]> {
    return around(this.#faults, 'outbox.pending', () => {
      checkPendingLimit(limit)
      const behind = this.#pending.values().filter(({ position }) => Number(position) > Number(after))
      return behind.take(limit).toArray()
    })
  }

  remove(events: readonly PendingEvent[]): Promise<void> {
    return around(this.#faults, 'outbox.remove', () => {
      for (const { position } of events) this.#pending.delete(position)
    })
  }

  onCommit(listener: () => void): Disposable {
    // Its own function each time: one listener may be registered twice.
    const call = (): void => listener()
    this.#listeners.add(call)
    return { [Symbol.dispose]: () => void this.#listeners.delete(call) }
  }

  commit(events: readonly OutboxEvent[]): void {
    for (const { id, topic, key, body } of events) {
      const position = String(++this.#committed)
      this.#pending.set(position, Object.freeze({ id, topic, key, body, position }))
    }
    for (const listener of this.#listeners) listener()
  }

  clear(): void {
    this.#pending.clear()
  }
}
