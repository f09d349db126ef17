import { KoineApi, KoineError } from '@koine/sdk'
import type { ConnectionStatus } from './ports.ts'
import { reconnectDelayMs } from './reconnect-delay.ts'

export interface FollowOptions<Event extends { readonly cursor: string }> {
  readonly connection: { readonly url: string; readonly apiKey: string }
  /** Opens the stream behind the cursor of the last event seen, if there was one. */
  readonly open: (api: KoineApi, cursor: string | undefined, signal: AbortSignal) => AsyncIterable<Event>
  readonly signal: AbortSignal
  readonly onEvent: (event: Event) => void
  readonly onStatus: (status: ConnectionStatus) => void
}

/** A stream that held for this long was no failed attempt. */
const steadyMs = 10_000

/**
 * Follows a stream until the signal is aborted; one that breaks goes on after the last event seen. Rejects only when
 * trying again is of no use.
 */
export async function keepFollowing<Event extends { readonly cursor: string }>(
  options: FollowOptions<Event>,
): Promise<void> {
  const { signal, onEvent, onStatus } = options
  let cursor: string | undefined
  let attempt = 0
  const seen = (event: Event): void => {
    cursor = event.cursor
    onEvent(event)
  }
  while (!signal.aborted) {
    const startedMs = performance.now()
    await followOnce({ ...options, onEvent: seen }, cursor)
    if (signal.aborted) return
    if (performance.now() - startedMs > steadyMs) attempt = 0
    onStatus('reconnecting')
    await networkOrDelay(reconnectDelayMs(attempt++, Math.random()), signal)
  }
}

/**
 * Returns when the stream ended or broke; throws when it was refused in a way that won't pass. One that was let in and
 * then ended for good is asked for once more, because the refusal says why.
 */
async function followOnce<Event extends { readonly cursor: string }>(
  { connection: { url, apiKey }, open, signal, onEvent, onStatus }: FollowOptions<Event>,
  cursor: string | undefined,
): Promise<void> {
  let wasOpen = false
  const observedFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    wasOpen = response.ok
    if (wasOpen) onStatus('live')
    return response
  }
  const api = new KoineApi({ url, token: apiKey, fetch: observedFetch })
  const offline = new AbortController()
  const onOffline = (): void => offline.abort()
  // A stream over a network that went away may otherwise hang for minutes.
  addEventListener('offline', onOffline, { once: true })
  try {
    for await (const event of open(api, cursor, AbortSignal.any([signal, offline.signal]))) onEvent(event)
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
