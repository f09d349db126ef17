import { invariant } from '@koine/base'
import { queueLimits } from '@koine/stores-ports'

export interface NotifyLimits {
  /** Devices of a user; the one registered longest ago gives way to a new one. */
  readonly devicesPerUserMax: number
  /** How long a device has to acknowledge a message before a push is sent. */
  readonly graceMs: number
  /** A push that isn't delivered by then is of no use any more. */
  readonly pushLifeMs: number
  /** Waits between the tries of one push. */
  readonly pushRetriesMs: readonly number[]
  /** Pushes under way in this process, and of one tenant among them. */
  readonly pushesInProgressMax: number
  readonly pushesPerTenantMax: number
  /** Webhook endpoints of a tenant. */
  readonly endpointsMax: number
  /** Waits between the attempts of one delivery; after the last one it has failed. */
  readonly deliveryRetriesMs: readonly number[]
  /** A delivery that waited so long behind others gets one attempt and no more. */
  readonly deliveryLifeMs: number
  /** How long deliveries and their attempts can be read and replayed. */
  readonly deliveryRetentionMs: number
  /** Deliveries that wait for one endpoint; more are kept for replay only. */
  readonly waitingPerEndpointMax: number
  /** An endpoint that took nothing for so long, though it was tried, is disabled. */
  readonly disableAfterMs: number
  /** How long both secrets sign after a rotation, unless told. */
  readonly secretOverlapMs: number
  /** Attempts under way in this process, of one tenant among them, and at one endpoint. */
  readonly attemptsInProgressMax: number
  readonly attemptsPerTenantMax: number
  readonly attemptsPerEndpointMax: number
  /**
   * How long one turn of work may take before it counts as lost and is given to another; so long is what a process that
   * died had in hand delayed. Longer than the slowest attempt.
   */
  readonly turnMsMax: number
  /** What is kept of an answer's body, in bytes. */
  readonly excerptBytesMax: number
  /** Attempts of a delivery that are told; the latest stay. */
  readonly attemptsToldMax: number
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

export const defaultLimits: NotifyLimits = {
  devicesPerUserMax: 20,
  graceMs: 10 * second,
  pushLifeMs: day,
  pushRetriesMs: [2 * second, 10 * second, minute, 5 * minute, 15 * minute, hour],
  pushesInProgressMax: 64,
  pushesPerTenantMax: 32,
  endpointsMax: 16,
  deliveryRetriesMs: [
    ...[5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute],
    ...[hour, 2 * hour, 4 * hour, 8 * hour, 8 * hour],
  ],
  deliveryLifeMs: 2 * day,
  deliveryRetentionMs: 7 * day,
  waitingPerEndpointMax: 100_000,
  disableAfterMs: 3 * day,
  secretOverlapMs: day,
  attemptsInProgressMax: 64,
  attemptsPerTenantMax: 32,
  attemptsPerEndpointMax: 8,
  turnMsMax: minute,
  excerptBytesMax: 1024,
  attemptsToldMax: 20,
}

export function withDefaultLimits(limits: Partial<NotifyLimits> = {}): NotifyLimits {
  const all = { ...defaultLimits, ...limits }
  const delays = [all.graceMs, ...all.pushRetriesMs, ...all.deliveryRetriesMs]
  invariant(Math.max(...delays) <= queueLimits.delayMs, 'no wait is longer than the queue can delay a job')
  invariant(all.deliveryRetentionMs > all.deliveryLifeMs, 'a delivery is kept for longer than it is tried')
  return all
}
