import { type ErrorCode, errorTable, KoineError } from '@koine/base/errors'
import { serverSentEvents } from './event-stream.ts'
import type { HttpCalls } from './http-calls.ts'

/** An event of the tenant's own cluster (https://github.com/cloudevents/spec, version 1.0, in JSON). */
export interface CloudEvent {
  readonly specversion: string
  /** Stays the same when an event comes again: deduplicate on it. */
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly time?: string
  readonly datacontenttype?: string
  readonly data?: unknown
}

export interface StreamedEvent {
  /** Where to go on from, in `from`. */
  readonly cursor: string
  readonly event: CloudEvent
}

export interface EventsRequest {
  /** Such as `koine.messages`. */
  readonly topic: string
  /** `latest` when not given. */
  readonly from?: 'latest' | 'earliest' | (string & {})
  readonly signal?: AbortSignal
}

/**
 * Follows a topic. Ends when the server ends the stream, as at a restart: go on from the last cursor. Aborting the signal
 * ends it without an error.
 */
export async function* followEvents(
  calls: HttpCalls,
  { topic, from, signal }: EventsRequest,
): AsyncGenerator<StreamedEvent, void, void> {
  try {
    const query = { topic, ...(from !== undefined && { from }) }
    const response = await calls.open('streamEvents', { query }, { ...(signal && { signal }) })
    if (!response.body) return
    for await (const { id, event, data } of serverSentEvents(response.body)) {
      if (event === 'error') throw errorOf(data)
      if (id !== undefined) yield { cursor: id, event: JSON.parse(data) as CloudEvent }
    }
  } catch (thrown) {
    if (!signal?.aborted) throw thrown
  }
}

/** A stream that fails once begun ends with a problem as its last event. */
function errorOf(data: string): KoineError {
  const { code, detail } = JSON.parse(data) as { code?: string; detail?: string }
  const known = code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal'
  return new KoineError(known, detail ?? 'The stream of events failed.')
}
