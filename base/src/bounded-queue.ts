import { invariant } from './errors.ts'

export interface BoundedQueueOptions {
  readonly capacity: number
  /**
   * What a push does at the limit. `wait`: the push resolves when there is room (the queue holds one waiter an item, so
   * its callers must themselves be bounded). `refuse`: it is false at once. `drop-oldest`: it makes room.
   */
  readonly whenFull: 'wait' | 'refuse' | 'drop-oldest'
}

/** A first-in first-out queue with a limit and a stated policy at it. Consumed by `shift` or by one `for await`. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly capacity: number
  readonly #whenFull: BoundedQueueOptions['whenFull']
  #items: (T | undefined)[] = []
  #head = 0
  #closed = false
  #dropped = 0
  readonly #waitingForRoom: (() => void)[] = []
  #waitingForItem: (() => void) | undefined

  constructor({ capacity, whenFull }: BoundedQueueOptions) {
    invariant(
      Number.isInteger(capacity) && capacity > 0,
      `A queue's capacity is a positive whole number, not ${capacity}`,
    )
    this.capacity = capacity
    this.#whenFull = whenFull
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  /** How many items the `drop-oldest` policy has thrown away. */
  get dropped(): number {
    return this.#dropped
  }

  /** Adds without ever waiting; false when the queue is full (and doesn't drop) or closed. */
  offer(item: T): boolean {
    if (this.#closed) return false
    if (this.length >= this.capacity) {
      if (this.#whenFull !== 'drop-oldest') return false
      this.shift()
      this.#dropped++
    }
    this.#items.push(item)
    this.#waitingForItem?.()
    return true
  }

  /** Adds by the stated policy; false when refused or closed. */
  async push(item: T): Promise<boolean> {
    while (this.#whenFull === 'wait' && this.length >= this.capacity && !this.#closed) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve))
    }
    return this.offer(item)
  }

  /** The oldest item, or undefined when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    this.#waitingForRoom.shift()?.()
    return item
  }

  /** Takes nothing more in. What is held can still be taken out; an iteration ends after it. */
  close(): void {
    this.#closed = true
    this.#waitingForItem?.()
    for (const resume of this.#waitingForRoom.splice(0)) resume()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.length > 0) yield this.shift()!
      if (this.#closed) return
      await new Promise<void>((resolve) => {
        this.#waitingForItem = resolve
      })
      this.#waitingForItem = undefined
    }
  }
}
