import { Buffer } from 'node:buffer'
import type { StreamsLimits } from '../../limits.ts'
import { assignorNames, assignorOf } from './assignor.ts'
import { epochs } from './consumer-member.ts'
import { type ConsumerRefusal, refusal } from './consumer-outcomes.ts'
import type { TopicPartitions } from './partition-set.ts'

/** What a member says with a heartbeat. Null, or -1 of the timeout: as before. */
export interface ConsumerHeartbeat {
  /** May be empty for a member that joins and whose client leaves the choice to us. */
  readonly memberId: string
  /** 0: it joins; -1: it leaves; -2: it leaves and is to come back, as a static member. */
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly topicNames: readonly string[] | null
  /** RE2's syntax; empty for none. */
  readonly pattern: string | null
  readonly assignor: string | null
  /** What it has, including what it is giving up still. */
  readonly owned: readonly TopicPartitions[] | null
  /** Whether its client makes up its id, as from version 1 on. */
  readonly bringsId: boolean
  readonly clientId: string
  readonly clientHost: string
  /** Which topics a pattern of this member may find. */
  readonly mayDescribe: (topic: string) => boolean
}

/** Says all that a heartbeat can say: so does a member that joins, or doesn't know whether its last one arrived. */
export const isFull = ({ rebalanceTimeoutMs, topicNames, pattern, owned }: ConsumerHeartbeat): boolean =>
  rebalanceTimeoutMs !== -1 && (topicNames !== null || pattern !== null) && owned !== null

/** What is wrong with a heartbeat by itself. */
export function heartbeatProblem(request: ConsumerHeartbeat, limits: StreamsLimits): ConsumerRefusal | undefined {
  const { memberEpoch, assignor } = request
  const told = textProblem(request) ?? (memberEpoch === epochs.joining ? joinProblem(request) : undefined)
  if (told) return refusal('invalid-request', told)
  if (memberEpoch < epochs.away) return refusal('invalid-request', `There is no member epoch ${memberEpoch}.`)
  if (memberEpoch === epochs.away && request.instanceId === null) {
    return refusal('invalid-request', 'Only a static member, one with an instance id, leaves to come back.')
  }
  if (bytesOf(request) > limits.memberBytesMax) return refusal('invalid-request', 'The subscription is too large.')
  if (assignor !== null && !assignorOf(assignor)) {
    const message = `There is no assignor ${JSON.stringify(assignor.slice(0, 100))}; there are ${assignorNames.join(', ')}.`
    return refusal('unsupported-assignor', message)
  }
  return undefined
}

function textProblem({ memberId, memberEpoch, instanceId, rackId, bringsId }: ConsumerHeartbeat): string | undefined {
  if (memberId === '' && (bringsId || memberEpoch !== epochs.joining)) return 'The member id is empty.'
  if (instanceId === '') return 'The instance id is empty.'
  return rackId === '' ? 'The rack id is empty.' : undefined
}

function joinProblem({ rebalanceTimeoutMs, owned, topicNames, pattern }: ConsumerHeartbeat): string | undefined {
  if (rebalanceTimeoutMs < 0) return 'A member that joins says its rebalance timeout.'
  if (owned === null || owned.length > 0) return 'A member that joins owns no partitions, and says so.'
  return topicNames === null && pattern === null ? 'A member that joins says what it subscribes to.' : undefined
}

const bytesOf = ({ memberId, instanceId, rackId, topicNames, pattern }: ConsumerHeartbeat): number =>
  [memberId, instanceId ?? '', rackId ?? '', pattern ?? '', ...(topicNames ?? [])].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  )
