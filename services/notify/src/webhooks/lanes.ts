import type { EventId, WebhookEndpointId } from '@koine/base'
import type { Attributes, Operation, RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'
import { formatVersion, known } from '../records.ts'

/*
 * A lane is what waits for one endpoint about one subject, in order. While anything waits there is a record of the lane,
 * and one job that works on it: the job of its *epoch* (the event that began it) and *step* (how often it was passed on).
 * A job of another step is one that was passed on already; it sees to it that the right one is there. A lane that has
 * run empty is removed on condition that nothing came meanwhile; what comes after begins a new epoch.
 */
export interface Lane {
  readonly endpointId: WebhookEndpointId
  readonly subject: string
  readonly epoch: string
  readonly step: number
  /** The position of what came last. */
  readonly last: number
  /** When its job is to run. */
  readonly dueAtMs: number
}

export const laneQueue = 'notify.webhook-lanes'

export interface LaneJob {
  readonly endpointId: WebhookEndpointId
  readonly subject: string
  readonly epoch: string
  readonly step: number
}

const jobFormat = 1
const positionDigits = 16

export const laneKey = (endpoint: WebhookEndpointId, subject: string): RecordKey => ({
  table: 'webhook-lanes',
  pk: endpoint,
  sk: subject,
})

export const waitingGroup = (endpoint: WebhookEndpointId, subject: string) =>
  ({ table: 'webhook-waiting', pk: `${endpoint} ${subject}` }) as const

export const waitingKey = (endpoint: WebhookEndpointId, subject: string, position: number): RecordKey => ({
  ...waitingGroup(endpoint, subject),
  sk: String(position).padStart(positionDigits, '0'),
})

export const encodeWaiting = (event: EventId, epoch: string): Attributes => ({ v: formatVersion, d: event, e: epoch })
export const waitingEvent = (record: TableRecord): EventId => known(record)['d'] as EventId

/** Takes it out of the lane. A later lane of the subject begins with the same positions, so what stands there may be another. */
export const outOfLane = (record: TableRecord): Operation => ({
  delete: record.key,
  if: { equals: { e: known(record)['e'] as string } },
})

export const encodeLane = (lane: Lane): Attributes => ({
  v: formatVersion,
  e: lane.epoch,
  p: lane.step,
  n: lane.last,
  z: lane.dueAtMs,
})

export function decodeLane(record: TableRecord): Lane {
  const { e, p, n, z } = known(record)
  return {
    endpointId: record.key.pk as WebhookEndpointId,
    subject: record.key.sk,
    epoch: e as string,
    step: p as number,
    last: n as number,
    dueAtMs: z as number,
  }
}

/** Passes the lane on, unless somebody else has. */
export const toStep = ({ endpointId, subject, epoch, step }: Lane, next: Lane): Operation => ({
  update: laneKey(endpointId, subject),
  set: { p: next.step, z: next.dueAtMs },
  if: { equals: { e: epoch, p: step } },
})
/** Holds as long as nothing came into the lane. */
export const sameEnd = ({ epoch, last }: Lane) => ({ equals: { e: epoch, n: last } }) as const

/** Makes the lane's job, unless it waits or runs. */
export async function enqueueLane(scope: TenantScope, lane: Lane, nowMs: number): Promise<void> {
  const { endpointId, subject, epoch, step } = lane
  await scope.queue.enqueue(laneQueue, {
    body: JSON.stringify({ v: jobFormat, endpointId, subject, epoch, step } satisfies LaneJob & { v: number }),
    delayMs: Math.max(0, lane.dueAtMs - nowMs),
    deduplicationKey: `${endpointId} ${subject} ${epoch} ${step}`,
  })
}

/** Throws for a job of a later program: it stays for that one. */
export function laneJobOf(body: string): LaneJob {
  const { v, ...job } = JSON.parse(body) as LaneJob & { v: number }
  if (v > jobFormat) throw new Error(`A webhook job has format ${v}; this program reads ${jobFormat}.`)
  return job
}
