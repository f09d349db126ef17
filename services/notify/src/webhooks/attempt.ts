import type { Clock } from '@koine/base'
import type { PlatformEvent } from '../cloud-event.ts'
import type { NotifyLimits } from '../limits.ts'
import { retryAfterMs } from '../outbound/retry-after.ts'
import { OutboundFailure, type OutboundResponse, type Transport } from '../outbound/transport.ts'
import type { KeptAttempt } from './delivery-records.ts'
import { signedHeaders } from './signature.ts'

export interface AttemptOptions {
  readonly clock: Clock
  readonly transport: Transport
  readonly limits: NotifyLimits
}

export interface AttemptResult {
  readonly kept: KeptAttempt
  readonly delivered: boolean
  /** The endpoint says that it is no more (410). */
  readonly gone: boolean
  /** When it wishes the next attempt. */
  readonly wishedMs: number
}

const userAgent = 'Koine-Webhooks/1'

/** Sends an event to an endpoint once. Every answer of 2xx is a yes, and everything else a no. */
export async function attempt(
  { clock, transport, limits }: AttemptOptions,
  {
    url,
    secrets,
    event,
    signal,
  }: { url: string; secrets: readonly string[]; event: PlatformEvent; signal: AbortSignal },
): Promise<AttemptResult> {
  const atMs = clock.now()
  const startedMs = clock.monotonic()
  const content = { id: event.id, timestampSeconds: Math.floor(atMs / 1000), body: event.body }
  const headers = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': userAgent,
    ...signedHeaders(content, secrets),
  }
  const timed = (rest: Omit<KeptAttempt, 'atMs' | 'durationMs'>): KeptAttempt => ({
    atMs,
    durationMs: Math.round(clock.monotonic() - startedMs),
    ...rest,
  })
  try {
    const response = await transport.send({
      url: new URL(url),
      method: 'POST',
      headers,
      body: Buffer.from(event.body),
      signal,
    })
    const { status } = response
    const delivered = status >= 200 && status < 300
    const wishedMs = retryAfterMs(response.headers, clock.now()) ?? 0
    return {
      kept: timed({ status, ...refusalOf(response), ...excerptOf(response, limits.excerptBytesMax) }),
      delivered,
      gone: status === 410,
      wishedMs: status === 429 || status === 503 ? wishedMs : 0,
    }
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof OutboundFailure)) throw thrown
    return { kept: timed({ error: `${thrown.reason}: ${thrown.message}` }), delivered: false, gone: false, wishedMs: 0 }
  }
}

function refusalOf({ status }: OutboundResponse): { error?: string } {
  return status >= 300 && status < 400 ? { error: 'Redirects are not followed.' } : {}
}

// Neither of use to a reader nor safe on a terminal.
const unprintable = /[^\P{Cc}\n\t]/gu

function excerptOf({ body }: OutboundResponse, bytesMax: number): { excerpt?: string } {
  const text = new TextDecoder().decode(body.subarray(0, bytesMax)).replace(unprintable, '')
  return text === '' ? {} : { excerpt: text }
}
