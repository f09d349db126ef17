import { explain, type Explained } from '../api/explain.ts'
import type { ConnectionStatus, EventsClient } from '../api/ports.ts'
import { emptyEventBuffer, type EventBuffer, type EventBufferChange, reduceEvents } from './event-buffer.ts'
import { type EventSummary, summarize } from './event-summary.ts'

/** An event with what its row shows. */
export interface ListedEvent extends EventSummary {
  readonly event: Readonly<Record<string, unknown>>
}

export interface EventsView {
  readonly buffer: EventBuffer<ListedEvent>
  readonly status: ConnectionStatus
  readonly problem?: Explained | undefined
}

/** The tenant's stream as a bounded, pausable list. It lives outside React, which reads `view` and hears of changes. */
export class LiveEvents {
  readonly #client: EventsClient
  readonly #listeners = new Set<() => void>()
  #following = new AbortController()
  #view: EventsView = { buffer: emptyEventBuffer(), status: 'connecting' }

  constructor(client: EventsClient) {
    this.#client = client
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): EventsView => this.#view

  /** Follows the stream until closed; called again it starts over after a failure. */
  async follow(): Promise<void> {
    this.#following.abort()
    this.#following = new AbortController()
    const { signal } = this.#following
    this.#set({ status: 'connecting', problem: undefined })
    try {
      await this.#client.follow({
        signal,
        onEvent: (event) => this.change({ type: 'arrived', event: { ...summarize(event), event: event.event } }),
        onStatus: (status) => this.#set({ status }),
      })
    } catch (thrown) {
      if (!signal.aborted) this.#set({ status: 'closed', problem: explain(thrown) })
    }
  }

  change(change: EventBufferChange<ListedEvent>): void {
    this.#set({ buffer: reduceEvents(this.#view.buffer, change) })
  }

  close(): void {
    this.#following.abort()
    this.#listeners.clear()
  }

  #set(part: Partial<EventsView>): void {
    this.#view = { ...this.#view, ...part }
    for (const listener of this.#listeners) listener()
  }
}
