import type { EventId, WebhookEndpointId } from '@koine/base'
import type { Attributes, RecordKey, TableRecord } from '@koine/stores-ports'
import type { PlatformEvent } from '../cloud-event.ts'
import { formatVersion, known } from '../records.ts'
import type { Delivery, DeliveryAttempt, DeliveryState } from './endpoint.ts'

export const eventKey = (id: EventId): RecordKey => ({ table: 'webhook-events', pk: id, sk: '' })
export const deliveryKey = (endpoint: WebhookEndpointId, id: EventId): RecordKey => ({
  table: 'webhook-deliveries',
  pk: endpoint,
  sk: id,
})

/** The deliveries of an endpoint in the order of their recording: ids are not in the order in which events happened. */
export const recordedKey = (endpoint: WebhookEndpointId, place: string): RecordKey => ({
  table: 'webhook-log',
  pk: endpoint,
  sk: place,
})
export const encodeRecorded = (event: EventId): Attributes => ({ v: formatVersion, d: event })
export const recordedEvent = (record: TableRecord): EventId => known(record)['d'] as EventId

/** Where what is recorded at that time or later begins. */
export const placeFrom = (atMs: number): string => String(atMs).padStart(15, '0')

/** Gives places in the order of asking, also when the wall clock is set back meanwhile. */
export class RecordedPlaces {
  #lastMs = 0
  #serial = 0

  next(nowMs: number): string {
    this.#serial = nowMs > this.#lastMs ? 0 : this.#serial + 1
    this.#lastMs = Math.max(nowMs, this.#lastMs)
    return `${placeFrom(this.#lastMs)}${String(this.#serial).padStart(9, '0')}`
  }
}

/** What an attempt came to, as it is kept. */
export interface KeptAttempt {
  readonly atMs: number
  readonly durationMs: number
  readonly status?: number
  readonly error?: string
  readonly excerpt?: string
}

export const encodeEvent = (event: PlatformEvent): Attributes => ({
  v: formatVersion,
  b: event.body,
  t: event.type,
  l: event.subject,
  a: event.timeMs,
})

export function decodeEvent(record: TableRecord): PlatformEvent {
  const { b, t, l, a } = known(record)
  return {
    id: record.key.pk as EventId,
    body: b as string,
    type: t as string,
    subject: l as string,
    timeMs: a as number,
  }
}

export const encodeDelivery = (event: PlatformEvent, state: DeliveryState, nowMs: number): Attributes => ({
  v: formatVersion,
  s: state,
  l: event.subject,
  t: event.type,
  n: 0,
  h: [],
  a: nowMs,
  q: nowMs,
})

export const stateOf = (record: TableRecord): DeliveryState => known(record)['s'] as DeliveryState
/** When it was made or last replayed. */
export const waitingSinceMsOf = (record: TableRecord): number => known(record)['q'] as number
/** Attempts since it was made or last replayed. */
export const attemptsOf = (record: TableRecord): number => known(record)['n'] as number

/** The list of attempts with one more, bounded. */
export function withAttempt(record: TableRecord, attempt: KeptAttempt, toldMax: number): Attributes[] {
  const before = known(record)['h'] as readonly Attributes[]
  const { atMs, durationMs, status, error, excerpt } = attempt
  const told = {
    a: atMs,
    d: durationMs,
    ...(status !== undefined && { s: status }),
    ...(error !== undefined && { e: error }),
    ...(excerpt !== undefined && { x: excerpt }),
  }
  return [...before, told].slice(-toldMax)
}

export function deliveryView(record: TableRecord): Delivery {
  const { s, l, t, n, h, a, z } = known(record)
  return {
    id: record.key.sk as EventId,
    endpointId: record.key.pk as WebhookEndpointId,
    eventType: t as string,
    subject: l as string,
    state: s as DeliveryState,
    attemptCount: n as number,
    attempts: (h as readonly Attributes[]).map(attemptView),
    createdAt: new Date(a as number).toISOString(),
    ...(s === 'waiting' && z !== undefined && { nextAttemptAt: new Date(z as number).toISOString() }),
  }
}

const attemptView = ({ a, d, s, e, x }: Attributes): DeliveryAttempt => ({
  at: new Date(a as number).toISOString(),
  durationMs: d as number,
  ...(s !== undefined && { status: s as number }),
  ...(e !== undefined && { error: e as string }),
  ...(x !== undefined && { excerpt: x as string }),
})
