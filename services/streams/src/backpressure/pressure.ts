/** What tells that the node can't keep up. */
export type SignalName = 'event-loop' | 'disk' | 'queue'

export interface Signal {
  readonly name: SignalName
  /** In the signal's own unit, as `limit` is. */
  read(): number
  /** From here on it is overload. */
  readonly limit: number
  /** Whether it reads milliseconds that work waits: so long is the queue. */
  readonly isWait: boolean
  /**
   * Of the time since it was last asked, the share in which there was work, from 0 to 1; only where what is left of it tells
   * how much more could be done.
   */
  busy?(): number
}

interface Watched {
  readonly signal: Signal
  /** The running average, over the limit. */
  level: number
  waitMs: number
  /** Between the last two looks; 1 when it can't tell. */
  busy: number
}

/** How hard the node is pressed: each signal over its limit, averaged over a few looks; the worst of them counts. */
export class Pressure {
  readonly #watched = new Set<Watched>()
  readonly #smoothing: number
  readonly #levelMax: number

  /** @param o.smoothing what one look counts, 0 to 1 @param o.pressureMax what one look counts as at most */
  constructor(o: { readonly smoothing: number; readonly pressureMax: number }) {
    this.#smoothing = o.smoothing
    this.#levelMax = o.pressureMax
  }

  watch(signal: Signal): Disposable {
    const watched = { signal, level: 0, waitMs: 0, busy: 1 }
    this.#watched.add(watched)
    return { [Symbol.dispose]: () => this.#watched.delete(watched) }
  }

  /** Looks at every signal. */
  look(): void {
    for (const watched of this.#watched) {
      const { signal, level } = watched
      const value = signal.read()
      const now = Math.min(this.#levelMax, value / signal.limit)
      watched.waitMs = signal.isWait ? value : 0
      watched.busy = signal.busy?.() ?? 1
      watched.level = level + this.#smoothing * (now - level)
    }
  }

  /** 1: at its limit. Undefined when nothing is watched. */
  get worst(): { readonly name: SignalName; readonly level: number } | undefined {
    let worst: Watched | undefined
    for (const watched of this.#watched) if (!worst || watched.level > worst.level) worst = watched
    return worst && { name: worst.signal.name, level: worst.level }
  }

  /** For how long the node has work that it had before. */
  get queueMs(): number {
    let waitMs = 0
    for (const watched of this.#watched) waitMs = Math.max(waitMs, watched.waitMs)
    return waitMs
  }

  /** What sets the limit: the worst, or one at half of it that can tell how much more could be done. */
  get limiting(): SignalName | undefined {
    const worst = this.worst
    if (!worst) return undefined
    for (const { signal, level } of this.#watched) if (signal.busy && level > worst.level / 2) return signal.name
    return worst.name
  }

  /** How busy what a signal watches was between the last two looks; 1 when it can't tell. */
  busy(name: SignalName | undefined): number {
    for (const watched of this.#watched) if (watched.signal.name === name) return watched.busy
    return 1
  }

  /** The worst of each name. */
  levels(): readonly { readonly name: SignalName; readonly level: number }[] {
    const worst = new Map<SignalName, number>()
    for (const { signal, level } of this.#watched) worst.set(signal.name, Math.max(level, worst.get(signal.name) ?? 0))
    return Array.from(worst, ([name, level]) => ({ name, level }))
  }
}
