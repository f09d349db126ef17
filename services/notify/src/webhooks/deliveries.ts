import { type Clock, type EventId, KoineError, type WebhookEndpointId } from '@koine/base'
import type { TableRecord, TenantScope } from '@koine/stores-ports'
import {
  decodeEvent,
  deliveryKey,
  deliveryView,
  eventKey,
  placeFrom,
  recordedEvent,
  stateOf,
} from './delivery-records.ts'
import type { Delivery } from './endpoint.ts'
import { type Endpoints, type EndpointState, noEndpoint } from './endpoints.ts'
import type { Recording } from './recording.ts'

export interface DeliveryPage {
  /** The newest first. */
  readonly deliveries: readonly Delivery[]
  /** Present when there may be more. */
  readonly cursor?: string
}

export interface ReplayRange {
  /** What was recorded from this time on, by the wall clock in milliseconds. */
  readonly sinceMs: number
  /** Those that were delivered, too. */
  readonly includeDelivered?: boolean
}

/** The rest of a replay, as a job. */
export interface ReplayJob {
  readonly endpointId: WebhookEndpointId
  /** Places in the endpoint's log: from this one on, and before that one. */
  readonly from: string
  readonly before: string
  readonly includeDelivered: boolean
}

export const replayQueue = 'notify.webhook-replays'
const replayFormat = 1

interface DeliveriesOptions {
  readonly clock: Clock
  readonly endpoints: Endpoints
  readonly recording: Recording
}

const pageMax = 100
const replayedAtOnce = 100
const triesMax = 20

/** What was sent to an endpoint and how that went; and sending it again. */
export class Deliveries {
  readonly #o: DeliveriesOptions

  constructor(options: DeliveriesOptions) {
    this.#o = options
  }

  /** Errors: `not_found`, `invalid_request` (limit, cursor). */
  async list(
    scope: TenantScope,
    endpoint: WebhookEndpointId,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  ): Promise<DeliveryPage> {
    await this.#endpoint(scope, endpoint)
    if (!Number.isInteger(limit) || limit < 1)
      throw new KoineError('invalid_request', 'limit is a whole number from 1.')
    const page = await scope.tables.query({
      table: 'webhook-log',
      pk: endpoint,
      direction: 'descending',
      limit: Math.min(limit, pageMax),
      ...(cursor !== undefined && { cursor }),
    })
    const records = await this.#recorded(scope, endpoint, page.records)
    return { deliveries: records.map(deliveryView), ...(page.cursor !== undefined && { cursor: page.cursor }) }
  }

  async get(scope: TenantScope, endpoint: WebhookEndpointId, id: EventId): Promise<Delivery> {
    return deliveryView(await this.#delivery(scope, endpoint, id))
  }

  /**
   * Sends a delivery again, behind what waits of its subject; the endpoint gets the same `webhook-id`. One that waits
   * already is left as it is. Errors: `not_found`, `invalid_request` (an endpoint that is paused or disabled).
   */
  async replay(scope: TenantScope, endpoint: WebhookEndpointId, id: EventId): Promise<Delivery> {
    const state = await this.#takingEndpoint(scope, endpoint)
    await this.#delivery(scope, endpoint, id)
    await this.#again(scope, state, id)
    return this.get(scope, endpoint, id)
  }

  /**
   * Sends again what failed or was skipped since a time, and what was delivered where that is wished, in the order in
   * which it was recorded. Resolves once the work is noted; it is done bit by bit. Errors: `not_found`, `invalid_request`.
   */
  async replaySince(scope: TenantScope, endpoint: WebhookEndpointId, range: ReplayRange): Promise<void> {
    await this.#takingEndpoint(scope, endpoint)
    const { sinceMs, includeDelivered = false } = range
    if (!Number.isSafeInteger(sinceMs) || sinceMs < 0 || sinceMs > 8.64e15) {
      throw new KoineError('invalid_request', 'The time to replay from is a time.')
    }
    const [from, before] = [placeFrom(sinceMs), placeFrom(this.#o.clock.now() + 1)]
    await this.#enqueue(scope, { endpointId: endpoint, from, before, includeDelivered })
  }

  /** One page of a replay. It may run twice: what waits already is passed over. */
  async run(scope: TenantScope, job: ReplayJob): Promise<void> {
    const { endpointId, from, before, includeDelivered } = job
    const state = await this.#o.endpoints.state(scope, endpointId)
    if (!state?.facts.enabled || state.health.disabled) return
    const range = { table: 'webhook-log', pk: endpointId, from, before, limit: replayedAtOnce }
    const { records, cursor } = await scope.tables.query(range)
    for (const record of await this.#recorded(scope, endpointId, records)) {
      const kind = stateOf(record)
      if (kind === 'failed' || kind === 'skipped' || (kind === 'delivered' && includeDelivered)) {
        await this.#again(scope, state, record.key.sk as EventId)
      }
    }
    const last = records.at(-1)
    // The next page begins behind the last place of this one.
    if (last && cursor !== undefined) await this.#enqueue(scope, { ...job, from: `${last.key.sk}!` })
  }

  async #enqueue(scope: TenantScope, job: ReplayJob): Promise<void> {
    const { endpointId, from, before, includeDelivered } = job
    await scope.queue.enqueue(replayQueue, {
      body: JSON.stringify({ v: replayFormat, ...job }),
      deduplicationKey: `${endpointId} ${from} ${before} ${includeDelivered}`,
    })
  }

  /** Leaves one that waits already, and one that has expired. */
  async #again(scope: TenantScope, state: EndpointState, id: EventId): Promise<void> {
    for (let tries = 0; tries < triesMax; tries++) {
      const [delivery, event] = await scope.tables.getMany([deliveryKey(state.facts.id, id), eventKey(id)])
      if (!delivery || !event || stateOf(delivery) === 'waiting') return
      if (await this.#o.recording.again(scope, state, delivery, decodeEvent(event))) return
    }
    throw new KoineError('conflict', 'The lane of the delivery changes too fast; try again.')
  }

  /** The deliveries that stand at these places of the log; those that have expired are left out. */
  async #recorded(
    scope: TenantScope,
    endpoint: WebhookEndpointId,
    log: readonly TableRecord[],
  ): Promise<readonly TableRecord[]> {
    const records = await scope.tables.getMany(log.map((record) => deliveryKey(endpoint, recordedEvent(record))))
    return records.filter((record) => record !== undefined)
  }

  async #delivery(scope: TenantScope, endpoint: WebhookEndpointId, id: EventId): Promise<TableRecord> {
    await this.#endpoint(scope, endpoint)
    const record = await scope.tables.get(deliveryKey(endpoint, id))
    if (!record) throw new KoineError('not_found', `There is no delivery ${id} to ${endpoint}.`)
    return record
  }

  async #endpoint(scope: TenantScope, id: WebhookEndpointId): Promise<EndpointState> {
    const state = await this.#o.endpoints.state(scope, id)
    if (!state) throw noEndpoint(id)
    return state
  }

  async #takingEndpoint(scope: TenantScope, id: WebhookEndpointId): Promise<EndpointState> {
    const state = await this.#endpoint(scope, id)
    if (state.facts.enabled && !state.health.disabled) return state
    throw new KoineError('invalid_request', 'The endpoint takes nothing: enable it first.')
  }
}

/** Throws for a job of a later program: it stays for that one. */
export function replayJobOf(body: string): ReplayJob {
  const { v, ...job } = JSON.parse(body) as ReplayJob & { v: number }
  if (v > replayFormat) throw new Error(`A replay job has format ${v}; this program reads ${replayFormat}.`)
  return job
}
