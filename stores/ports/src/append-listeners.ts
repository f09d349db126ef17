import type { Partition } from './log.ts'

/** Who waits for appends, by partition. */
export class AppendListeners {
  readonly #byPartition = new Map<string, Set<() => void>>()

  add(at: Partition, listener: () => void): Disposable {
    const key = partitionKey(at)
    // Its own function each time: one listener may be registered twice.
    const call = (): void => listener()
    const listeners = this.#byPartition.get(key) ?? new Set()
    this.#byPartition.set(key, listeners.add(call))
    return {
      [Symbol.dispose]: () => {
        listeners.delete(call)
        if (listeners.size === 0 && this.#byPartition.get(key) === listeners) this.#byPartition.delete(key)
      },
    }
  }

  notify(at: Partition): void {
    const listeners = this.#byPartition.get(partitionKey(at))
    if (listeners) callAll(listeners)
  }

  notifyAll(ofTopic: (topic: string) => boolean): void {
    const called = this.#byPartition.entries().filter(([key]) => ofTopic(key.slice(0, key.lastIndexOf('/'))))
    for (const [, listeners] of called.toArray()) callAll(listeners)
  }
}

/** Those that are there now: a listener may take itself away and put another in its place. */
function callAll(listeners: Set<() => void>): void {
  for (const listener of listeners.values().toArray()) listener()
}

/** A partition as one text. A topic's name holds no slash. */
export const partitionKey = ({ topic, partition }: Partition): string => `${topic}/${partition}`
