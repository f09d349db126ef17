import type { TenantScope } from '@koine/stores-ports'
import { isPlatformTopic } from '../topics/topic-names.ts'
import type { FetchContext, FetchRequest } from './fetch.ts'

/** Wakes when any of the partitions may have more for the reader, at the end of the time, and when the caller gives up. */
export class FetchWaiting implements Disposable {
  isOver = false
  #changed = new Set<number>()
  readonly #subscriptions: Disposable[] = []
  #wake: () => void = () => {}

  constructor(
    scope: TenantScope,
    { partitions, waitMsMax, isolation, signal }: FetchRequest,
    { clock, closing, lanes }: FetchContext,
  ) {
    const timer = clock.after(waitMsMax, () => this.#end())
    this.#subscriptions.push({ [Symbol.dispose]: () => timer.cancel() })
    this.#endWith(signal)
    this.#endWith(closing)
    for (const [position, { topic, partition }] of partitions.entries()) {
      const at = { topic, partition }
      const wake = (): void => this.#wakeFor(position)
      // Also when the topic is deleted.
      this.#subscriptions.push(scope.log.onAppend(at, wake))
      // What was appended becomes stable later: with its state, or with its transaction's end.
      const waitsForStable = isolation === 'read-committed' && !isPlatformTopic(topic)
      if (waitsForStable) this.#subscriptions.push(lanes.onMoved(scope, at, wake))
    }
  }

  async next(): Promise<void> {
    if (this.isOver || this.#changed.size > 0) return
    await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  /** The positions in the request of the partitions that changed since the last time. */
  takeChanged(): ReadonlySet<number> {
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  #wakeFor(position: number): void {
    this.#changed.add(position)
    this.#wake()
  }

  #endWith(signal: AbortSignal): void {
    if (signal.aborted) this.isOver = true
    const onAbort = (): void => this.#end()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#subscriptions.push({ [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) })
  }

  #end(): void {
    this.isOver = true
    this.#wake()
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]()
  }
}
