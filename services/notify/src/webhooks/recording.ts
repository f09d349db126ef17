import { type Clock, invariant, KoineError } from '@koine/base'
import type { Operation, TableRecord, TenantScope } from '@koine/stores-ports'
import type { PlatformEvent } from '../cloud-event.ts'
import type { NotifyLimits } from '../limits.ts'
import {
  deliveryKey,
  encodeDelivery,
  encodeEvent,
  encodeRecorded,
  eventKey,
  RecordedPlaces,
  recordedKey,
} from './delivery-records.ts'
import { healthKey } from './endpoint-records.ts'
import type { Endpoints, EndpointState } from './endpoints.ts'
import { decodeLane, encodeLane, encodeWaiting, enqueueLane, type Lane, laneKey, waitingKey } from './lanes.ts'

interface RecordingOptions {
  readonly clock: Clock
  readonly endpoints: Endpoints
  readonly limits: NotifyLimits
}

const triesMax = 20

/**
 * Turns an event into deliveries: for each endpoint that wants it a delivery at the end of its subject's lane, all in one
 * commit. An event that comes again finds its deliveries, and only sees to it that their lanes have jobs.
 */
export class Recording {
  readonly #o: RecordingOptions
  readonly #places = new RecordedPlaces()

  constructor(options: RecordingOptions) {
    this.#o = options
  }

  /** Resolves once all of it is durable. */
  async record(scope: TenantScope, event: PlatformEvent): Promise<void> {
    const states = await this.#o.endpoints.states(scope)
    const wanting = states.filter((state) => isWanted(event, state))
    if (wanting.length === 0) return
    for (let tries = 0; tries < triesMax; tries++) {
      const lanes = await this.#tryToRecord(scope, event, wanting)
      if (!lanes) continue
      for (const lane of lanes) await enqueueLane(scope, lane, this.#o.clock.now())
      return
    }
    throw new KoineError('conflict', 'The lanes of the webhook endpoints change too fast; try again.')
  }

  /** Puts a delivery that is over at the end of its lane again. False when it changed since the record was read. */
  async again(
    scope: TenantScope,
    { facts }: EndpointState,
    delivery: TableRecord,
    event: PlatformEvent,
  ): Promise<boolean> {
    const now = this.#o.clock.now()
    const held = await scope.tables.get(laneKey(facts.id, event.subject))
    const step = nextInLane(facts.id, event, held, `${now} ${delivery.version}`, now)
    const expiresAtMs = now + this.#o.limits.deliveryRetentionMs
    const { ok } = await scope.tables.write({
      operations: [
        ...step.operations,
        {
          update: delivery.key,
          set: { s: 'waiting', n: 0, q: now },
          remove: ['z'],
          expiresAtMs,
          if: { version: delivery.version },
        },
        { update: eventKey(event.id), expiresAtMs, if: 'present' },
        { update: healthKey(facts.id), add: { w: 1 }, if: 'present' },
      ],
    })
    if (ok && step.isNew) await enqueueLane(scope, step.lane, now)
    return ok
  }

  /** The lanes that need a job, or undefined when something else changed them first. */
  async #tryToRecord(
    scope: TenantScope,
    event: PlatformEvent,
    wanting: readonly EndpointState[],
  ): Promise<Lane[] | undefined> {
    const now = this.#o.clock.now()
    const [deliveries, lanes] = await Promise.all([
      scope.tables.getMany(wanting.map(({ facts }) => deliveryKey(facts.id, event.id))),
      scope.tables.getMany(wanting.map(({ facts }) => laneKey(facts.id, event.subject))),
    ])
    const expiresAtMs = now + this.#o.limits.deliveryRetentionMs
    const operations: Operation[] = []
    const needJobs: Lane[] = []
    for (const [index, state] of wanting.entries()) {
      const held = lanes[index]
      if (deliveries[index]) {
        // Recorded before; the process may have died before it made the lane's job.
        if (held) needJobs.push(decodeLane(held))
        continue
      }
      const { id } = state.facts
      const isTaken = !state.health.disabled && state.health.waiting < this.#o.limits.waitingPerEndpointMax
      const attributes = encodeDelivery(event, isTaken ? 'waiting' : 'skipped', now)
      operations.push(
        { put: deliveryKey(id, event.id), attributes, expiresAtMs, if: 'absent' },
        { put: recordedKey(id, this.#places.next(now)), attributes: encodeRecorded(event.id), expiresAtMs },
      )
      if (!isTaken) continue
      const step = nextInLane(id, event, held, `${now}`, now)
      operations.push(...step.operations, { update: healthKey(id), add: { w: 1 }, if: 'present' })
      if (step.isNew) needJobs.push(step.lane)
    }
    if (operations.length === 0) return needJobs
    operations.push({ put: eventKey(event.id), attributes: encodeEvent(event), expiresAtMs })
    if ((await scope.tables.write({ operations })).ok) return needJobs
    // An endpoint that was removed meanwhile will never take it; the others are tried again.
    return this.#withoutRemoved(scope, event, wanting)
  }

  async #withoutRemoved(
    scope: TenantScope,
    event: PlatformEvent,
    wanting: readonly EndpointState[],
  ): Promise<Lane[] | undefined> {
    const there = new Set((await this.#o.endpoints.states(scope)).map(({ facts }) => facts.id))
    const remaining = wanting.filter(({ facts }) => there.has(facts.id))
    if (remaining.length === wanting.length) return undefined
    return remaining.length === 0 ? [] : this.#tryToRecord(scope, event, remaining)
  }
}

/** An endpoint gets what happens from its making on. One that failed keeps what it misses, for replay. */
function isWanted(event: PlatformEvent, { facts }: EndpointState): boolean {
  const isOfType = facts.eventTypes.length === 0 || facts.eventTypes.includes(event.type)
  return facts.enabled && isOfType && event.timeMs >= facts.createdAtMs
}

/** What puts an event at the end of its lane. */
function nextInLane(
  endpointId: EndpointState['facts']['id'],
  event: PlatformEvent,
  held: TableRecord | undefined,
  /** Tells this lane from an earlier one that the same event began. */
  nonce: string,
  now: number,
): { readonly lane: Lane; readonly isNew: boolean; readonly operations: readonly Operation[] } {
  const { subject } = event
  const before = held && decodeLane(held)
  const last = (before?.last ?? 0) + 1
  invariant(Number.isSafeInteger(last), 'a lane has room for every event')
  const epoch = `${event.id} ${nonce}`
  const lane = before ? { ...before, last } : { endpointId, subject, epoch, step: 0, last, dueAtMs: now }
  const condition = held ? { version: held.version } : 'absent'
  return {
    lane,
    isNew: !before,
    operations: [
      { put: laneKey(endpointId, subject), attributes: encodeLane(lane), if: condition },
      { put: waitingKey(endpointId, subject, last), attributes: encodeWaiting(event.id, lane.epoch) },
    ],
  }
}
