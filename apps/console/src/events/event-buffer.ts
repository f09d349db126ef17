/**
 * The newest events first, never more than a bound. While paused, what arrives waits aside under the same bound; the
 * oldest fall off at either end and are counted.
 */
export interface EventBuffer<T> {
  readonly shown: readonly T[]
  readonly waiting: readonly T[]
  readonly paused: boolean
  /** Events that fell off the end since the list was last cleared. */
  readonly dropped: number
}

export type EventBufferChange<T> =
  | { readonly type: 'arrived'; readonly event: T }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'cleared' }

const eventsHeldMax = 200

export const emptyEventBuffer = <T>(): EventBuffer<T> => ({ shown: [], waiting: [], paused: false, dropped: 0 })

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
export function reduceEvents<T>(
  buffer: EventBuffer<T>,
  change: EventBufferChange<T>,
  capacity = eventsHeldMax,
): EventBuffer<T> {
  switch (change.type) {
    case 'arrived': {
      const { kept, dropped } = bounded([change.event, ...(buffer.paused ? buffer.waiting : buffer.shown)], capacity)
      const place = buffer.paused ? { waiting: kept } : { shown: kept }
      return { ...buffer, ...place, dropped: buffer.dropped + dropped }
    }
    case 'paused':
      return { ...buffer, paused: true }
    case 'resumed': {
      const { kept, dropped } = bounded([...buffer.waiting, ...buffer.shown], capacity)
      return { shown: kept, waiting: [], paused: false, dropped: buffer.dropped + dropped }
    }
    case 'cleared':
      return { ...buffer, shown: [], waiting: [], dropped: 0 }
  }
}

const bounded = <T>(events: T[], capacity: number): { kept: readonly T[]; dropped: number } => ({
  kept: events.slice(0, capacity),
  dropped: Math.max(0, events.length - capacity),
})
