import type { HttpCalls } from './http-calls.ts'
import { streamed } from './streamed.ts'

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
  const query = { topic, ...(from !== undefined && { from }) }
  const open = (): Promise<Response> => calls.open('streamEvents', { query }, { ...(signal && { signal }) })
  for await (const { cursor, data } of streamed(open, signal)) yield { cursor, event: JSON.parse(data) as CloudEvent }
}
