import type { StreamEvent } from '../api/ports.ts'

/** What a row of the event list shows of a CloudEvent. A part that an event lacks is undefined. */
export interface EventSummary {
  readonly key: string
  readonly type: string
  /** ISO 8601. */
  readonly time: string | undefined
  readonly conversationId: string | undefined
  readonly seq: number | undefined
  readonly senderId: string | undefined
  readonly text: string | undefined
}

export function summarize({ cursor, event }: StreamEvent): EventSummary {
  const message = record(record(event.data)?.message)
  return {
    key: `${cursor} ${string(event.id) ?? ''}`,
    type: string(event.type) ?? 'unknown',
    time: string(event.time),
    conversationId: string(event.subject) ?? string(message?.conversationId),
    seq: typeof message?.seq === 'number' ? message.seq : undefined,
    senderId: string(message?.senderId),
    text: string(message?.text),
  }
}

/** An id in a narrow place: its kind and its last characters, which differ between ids made close together. */
export function shortId(id: string): string {
  const [kind, suffix = ''] = id.split('_')
  return suffix.length > 6 ? `${kind}_…${suffix.slice(-6)}` : id
}

const string = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
