import { type Clock, KoineError, type Logger, type Randomness } from '@koine/base'
import type { Operation, TableRecord, TenantScope } from '@koine/stores-ports'
import type { PlatformEvent } from '../cloud-event.ts'
import type { Instruments } from '../instruments.ts'
import type { NotifyLimits } from '../limits.ts'
import type { Transport } from '../outbound/transport.ts'
import { PlaceGate } from '../place-gate.ts'
import { attempt, type AttemptResult } from './attempt.ts'
import {
  attemptsOf,
  waitingSinceMsOf,
  decodeEvent,
  deliveryKey,
  eventKey,
  stateOf,
  withAttempt,
} from './delivery-records.ts'
import { healthKey } from './endpoint-records.ts'
import type { Endpoints, EndpointState } from './endpoints.ts'
import {
  decodeLane,
  enqueueLane,
  type Lane,
  type LaneJob,
  laneKey,
  outOfLane,
  sameEnd,
  toStep,
  waitingEvent,
  waitingGroup,
} from './lanes.ts'

interface LaneWorkOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly instruments: Instruments
  readonly endpoints: Endpoints
  readonly transport: Transport
  readonly limits: NotifyLimits
}

/** The head of a lane: what its endpoint is to get next. */
interface Head {
  readonly waiting: TableRecord
  readonly delivery: TableRecord
  readonly event: PlatformEvent
}

/** Deliveries of one turn of a lane; then other lanes have theirs. */
const deliveriesOfTurn = 20
const clearedAtOnce = 40

/** Works on lanes: delivers what is at their heads, one after another, and waits with the rest while one fails. */
export class LaneWork {
  readonly #o: LaneWorkOptions
  readonly #ofEndpoint: PlaceGate
  readonly #ofTenant: PlaceGate

  constructor(options: LaneWorkOptions) {
    this.#o = options
    this.#ofEndpoint = new PlaceGate(options.limits.attemptsPerEndpointMax)
    this.#ofTenant = new PlaceGate(options.limits.attemptsPerTenantMax)
  }

  /** Rejects only when nothing is lost by it: the queue hands the job out again. */
  async run(scope: TenantScope, job: LaneJob, signal: AbortSignal): Promise<void> {
    const lane = await this.#lane(scope, job)
    if (!lane || lane.epoch !== job.epoch) return
    if (lane.step !== job.step) return this.#ensureJob(scope, lane)
    const state = await this.#o.endpoints.state(scope, job.endpointId)
    if (!state || !state.facts.enabled || state.health.disabled) return this.#clear(scope, lane, state)
    using tenantPlace = this.#ofTenant.enter(scope.tenantId)
    using place = tenantPlace && this.#ofEndpoint.enter(job.endpointId)
    if (!place) {
      const [gate, key] = tenantPlace ? [this.#ofEndpoint, job.endpointId] : [this.#ofTenant, scope.tenantId]
      return this.#passOn(scope, lane, gate.comeBackMs(key, this.#o.randomness.fraction()))
    }
    await this.#takeTurn(scope, lane, state, signal)
  }

  async #takeTurn(scope: TenantScope, begun: Lane, state: EndpointState, signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#o
    // An attempt that begins by then is over before the turn must be.
    const endMs = clock.monotonic() + limits.turnMsMax / 3
    let lane: Lane | undefined = begun
    for (let count = 0; count < deliveriesOfTurn && clock.monotonic() < endMs; count++) {
      const head = await this.#head(scope, lane)
      if (!head) return
      signal.throwIfAborted()
      const result = await this.#attempt(scope, state, head, signal)
      signal.throwIfAborted()
      if (!(await this.#settle(scope, lane, state, head, result))) return
      lane = await this.#lane(scope, lane)
      if (!lane || lane.epoch !== begun.epoch) return
      if (lane.step !== begun.step) return this.#ensureJob(scope, lane)
    }
    await this.#passOn(scope, lane, 0)
  }

  async #lane(scope: TenantScope, { endpointId, subject }: LaneJob | Lane): Promise<Lane | undefined> {
    const record = await scope.tables.get(laneKey(endpointId, subject))
    return record && decodeLane(record)
  }

  /** Undefined when the lane is empty and has been removed. What can't be delivered any more is passed over. */
  async #head(scope: TenantScope, begun: Lane): Promise<Head | undefined> {
    let lane: Lane | undefined = begun
    while (lane && lane.epoch === begun.epoch) {
      const { endpointId, subject } = lane
      const { records } = await scope.tables.query({ ...waitingGroup(endpointId, subject), limit: 1 })
      const [waiting] = records
      if (!waiting) {
        if (await this.#remove(scope, lane)) return undefined
        lane = await this.#lane(scope, lane)
        continue
      }
      const id = waitingEvent(waiting)
      const [delivery, event] = await scope.tables.getMany([deliveryKey(endpointId, id), eventKey(id)])
      if (delivery && event && stateOf(delivery) === 'waiting') return { waiting, delivery, event: decodeEvent(event) }
      await this.#passOver(scope, lane, waiting)
    }
    return undefined
  }

  async #remove(scope: TenantScope, lane: Lane): Promise<boolean> {
    const { endpointId, subject } = lane
    return (await scope.tables.write({ operations: [{ delete: laneKey(endpointId, subject), if: sameEnd(lane) }] })).ok
  }

  /** Its delivery has expired. */
  async #passOver(scope: TenantScope, { endpointId }: Lane, waiting: TableRecord): Promise<void> {
    await scope.tables.write({
      operations: [outOfLane(waiting), { update: healthKey(endpointId), add: { w: -1 }, if: 'present' }],
    })
  }

  async #attempt(
    scope: TenantScope,
    { facts }: EndpointState,
    head: Head,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const secrets = this.#o.endpoints.signingSecrets(scope, facts)
    return attempt(this.#o, { url: facts.url, secrets, event: head.event, signal })
  }

  /** Whether the lane goes on at once. */
  async #settle(
    scope: TenantScope,
    lane: Lane,
    state: EndpointState,
    head: Head,
    result: AttemptResult,
  ): Promise<boolean> {
    const waitMs = result.delivered || result.gone ? undefined : this.#waitMs(head, result)
    const outcome = result.delivered ? 'delivered' : waitMs === undefined ? 'failed' : 'retry'
    this.#o.instruments.attempted(outcome, result.kept.durationMs)
    if (waitMs === undefined) await this.#close(scope, lane, head, result)
    else await this.#postpone(scope, lane, head, result, waitMs)
    if (result.delivered) return true
    const disabled = await this.#judge(scope, state, result)
    if (waitMs !== undefined) return false
    // The next turn finds it disabled and clears the lane.
    if (disabled) await this.#passOn(scope, lane, 0)
    return !disabled
  }

  /** The wait until the next attempt; undefined when this was the last. */
  #waitMs({ delivery }: Head, { wishedMs }: AttemptResult): number | undefined {
    const { clock, limits, randomness } = this.#o
    const scheduledMs = limits.deliveryRetriesMs[attemptsOf(delivery)]
    const isOld = clock.now() - waitingSinceMsOf(delivery) > limits.deliveryLifeMs
    if (scheduledMs === undefined || isOld) return undefined
    // Up to a fifth is taken off by chance, so that what failed together doesn't come back together.
    return Math.max(wishedMs, Math.ceil(scheduledMs * (1 - randomness.fraction() / 5)))
  }

  /** The delivery is over, and with it the wait of those behind it. */
  async #close(scope: TenantScope, lane: Lane, head: Head, result: AttemptResult): Promise<void> {
    const now = this.#o.clock.now()
    const set = { s: result.delivered ? 'delivered' : 'failed', ...this.#tried(head, result) }
    await this.#write(scope, [
      { update: head.delivery.key, set, remove: ['z'], if: { version: head.delivery.version } },
      outOfLane(head.waiting),
      {
        update: healthKey(lane.endpointId),
        set: { [result.delivered ? 'k' : 'l']: now },
        add: { w: -1 },
        ...(result.delivered && { remove: ['f'] }),
        if: 'present',
      },
    ])
  }

  async #postpone(scope: TenantScope, lane: Lane, head: Head, result: AttemptResult, waitMs: number): Promise<void> {
    const now = this.#o.clock.now()
    const next = { ...lane, step: lane.step + 1, dueAtMs: now + waitMs }
    await this.#write(scope, [
      {
        update: head.delivery.key,
        set: { ...this.#tried(head, result), z: next.dueAtMs },
        if: { version: head.delivery.version },
      },
      { update: healthKey(lane.endpointId), set: { l: now }, if: 'present' },
      toStep(lane, next),
    ])
    await enqueueLane(scope, next, now)
  }

  #tried({ delivery }: Head, { kept }: AttemptResult) {
    return { n: attemptsOf(delivery) + 1, h: withAttempt(delivery, kept, this.#o.limits.attemptsToldMax) }
  }

  /** After a failure: keeps since when nothing was taken. Whether the endpoint is disabled now. */
  async #judge(scope: TenantScope, { facts }: EndpointState, { gone }: AttemptResult): Promise<boolean> {
    const { clock, limits, logger, instruments } = this.#o
    const now = clock.now()
    const health = (await this.#o.endpoints.state(scope, facts.id))?.health
    if (!health || health.disabled) return true
    const since = health.failingSinceMs ?? now
    const reason = gone ? 'The endpoint answered 410: it is gone.' : 'The endpoint took nothing for too long.'
    const disabled = gone || now - since >= limits.disableAfterMs
    if (!disabled && health.failingSinceMs !== undefined) return false
    const set = { f: since, ...(disabled && { x: now, y: reason }) }
    await scope.tables.write({ operations: [{ update: healthKey(facts.id), set, if: 'present' }] })
    if (!disabled) return false
    instruments.disabled()
    logger.warn({ tenantId: scope.tenantId, endpointId: facts.id, reason }, 'webhook endpoint disabled')
    return true
  }

  /** The lane's next turn, after a while. A crash in between leaves this job, which sees the new step and makes the next. */
  async #passOn(scope: TenantScope, lane: Lane, waitMs: number): Promise<void> {
    const now = this.#o.clock.now()
    const next = { ...lane, step: lane.step + 1, dueAtMs: now + waitMs }
    const { ok } = await scope.tables.write({ operations: [toStep(lane, next)] })
    const current = ok ? next : await this.#lane(scope, lane)
    if (current?.epoch === lane.epoch) await enqueueLane(scope, current, now)
  }

  /** Another passed the lane on, and may have died before it made the next job: then nobody else would. */
  #ensureJob(scope: TenantScope, lane: Lane): Promise<void> {
    return enqueueLane(scope, lane, this.#o.clock.now())
  }

  /** Nothing is delivered to an endpoint that is gone, paused or disabled: what waits is kept for replay. */
  async #clear(scope: TenantScope, lane: Lane, state: EndpointState | undefined): Promise<void> {
    const { endpointId, subject } = lane
    for (;;) {
      const { records } = await scope.tables.query({ ...waitingGroup(endpointId, subject), limit: clearedAtOnce })
      if (records.length === 0) break
      const operations: Operation[] = records.map(outOfLane)
      if (state) operations.push(...(await this.#skipped(scope, lane, records)))
      await this.#write(scope, operations)
    }
    const now = await this.#lane(scope, lane)
    // What came meanwhile is cleared by the same job, handed out again.
    if (now && now.epoch === lane.epoch && !(await this.#remove(scope, now))) await this.#passOn(scope, now, 0)
  }

  async #skipped(scope: TenantScope, { endpointId }: Lane, records: readonly TableRecord[]): Promise<Operation[]> {
    const keys = records.map((record) => deliveryKey(endpointId, waitingEvent(record)))
    const there = (await scope.tables.getMany(keys)).filter((record) => record !== undefined)
    const skip = there.map(({ key }): Operation => ({
      update: key,
      set: { s: 'skipped' },
      remove: ['z'],
      if: 'present',
    }))
    return [...skip, { update: healthKey(endpointId), add: { w: -records.length }, if: 'present' }]
  }

  /** A change in between is another worker's: this one stops, and the job comes again. */
  async #write(scope: TenantScope, operations: readonly Operation[]): Promise<void> {
    const { ok } = await scope.tables.write({ operations })
    if (!ok) throw new KoineError('conflict', 'The delivery was changed by another worker.')
  }
}
