import { KoineApi, KoineError } from '@koine/sdk'
import type { ConnectionStatus, EventsClient, StreamEvent } from './ports.ts'
import { reconnectDelayMs } from './reconnect-delay.ts'

interface FollowOptions {
  readonly signal: AbortSignal
  readonly onEvent: (event: StreamEvent) => void
  readonly onStatus: (status: ConnectionStatus) => void
}

/** A stream that held for this long was no failed attempt. */
const steadyMs = 10_000

/** The tenant's message events, followed from now on; a stream that breaks goes on after the last event seen. */
export function koineEvents(url: string, apiKey: string): EventsClient {
  return {
    async follow({ signal, onEvent, onStatus }) {
      let cursor: string | undefined
      let attempt = 0
      const onOpen = (): void => onStatus('live')
      const seen = (event: StreamEvent): void => {
        cursor = event.cursor
        onEvent(event)
      }
      while (!signal.aborted) {
        const startedMs = performance.now()
        await followOnce({ url, apiKey, from: cursor ?? 'latest', onOpen }, { signal, onEvent: seen })
        if (signal.aborted) return
        if (performance.now() - startedMs > steadyMs) attempt = 0
        onStatus('reconnecting')
        await networkOrDelay(reconnectDelayMs(attempt++, Math.random()), signal)
      }
    },
  }
}

interface StreamStart {
  readonly url: string
  readonly apiKey: string
  readonly from: string
  readonly onOpen: () => void
}

/**
 * Returns when the stream ended or broke; throws when it was refused in a way that won't pass. One that was let in and
 * then ended for good is asked for once more, because the refusal says why.
 */
async function followOnce(
  { url, apiKey, from, onOpen }: StreamStart,
  { signal, onEvent }: Pick<FollowOptions, 'signal' | 'onEvent'>,
): Promise<void> {
  let wasOpen = false
  const observedFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    wasOpen = response.ok
    if (wasOpen) onOpen()
    return response
  }
  const api = new KoineApi({ url, token: apiKey, fetch: observedFetch })
  const offline = new AbortController()
  const onOffline = (): void => offline.abort()
  // A stream over a network that went away may otherwise hang for minutes.
  addEventListener('offline', onOffline, { once: true })
  try {
    const request = { topic: 'koine.messages', from, signal: AbortSignal.any([signal, offline.signal]) }
    for await (const event of api.events(request)) onEvent({ cursor: event.cursor, event: { ...event.event } })
  } catch (thrown) {
    const passes = thrown instanceof KoineError && (thrown.retryable || thrown.code === 'internal')
    if (!passes && !wasOpen && !offline.signal.aborted) throw thrown
  } finally {
    removeEventListener('offline', onOffline)
  }
}

/** Waits, but no longer than until the network is back. */
function networkOrDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const waiting = new AbortController()
    const done = (): void => {
      waiting.abort()
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    addEventListener('online', done, { signal: waiting.signal })
    signal.addEventListener('abort', done, { signal: waiting.signal })
  })
}
