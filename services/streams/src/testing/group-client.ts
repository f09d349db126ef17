import type { GroupJoin } from '../groups/group-coordinator.ts'
import type { JoinOutcome, SyncOutcome } from '../groups/outcomes.ts'
import { settled, type VirtualCluster } from './virtual-cluster.ts'

/** Something under way, and what has become of it so far. */
export interface Pending<T> {
  isDone: boolean
  outcome: T | undefined
}

export type Joined = JoinOutcome & { readonly ok: true }

export function watch<T>(work: Promise<T>): Pending<T> {
  const pending: Pending<T> = { isDone: false, outcome: undefined }
  void work.then((outcome) => Object.assign(pending, { isDone: true, outcome }))
  return pending
}

export const joinRequest = (fields: Partial<GroupJoin> = {}): GroupJoin => ({
  groupId: 'group',
  memberId: '',
  instanceId: null,
  clientId: 'client',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 30_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
  requiresKnownId: false,
  canSkipAssignment: false,
  ...fields,
})

/** Talks to one group as its members' clients do. */
export class GroupClients {
  readonly #cluster: VirtualCluster
  readonly #scope: VirtualCluster['scope']

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster
    this.#scope = cluster.scope
  }

  join(fields: Partial<GroupJoin> = {}): Pending<JoinOutcome> {
    return watch(this.#cluster.streams.groups.join(this.#scope, joinRequest(fields)))
  }

  sync(member: Joined, assignments: { readonly [memberId: string]: string } = {}): Pending<SyncOutcome> {
    const bytes = Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)] as const)
    const claim = { groupId: 'group', memberId: member.memberId, instanceId: null, generation: member.generation }
    return watch(
      this.#cluster.streams.groups.sync(this.#scope, {
        ...claim,
        protocolType: null,
        protocolName: null,
        assignments: new Map(bytes),
      }),
    )
  }

  heartbeat({ memberId, generation }: Joined, instanceId: string | null = null): string {
    const claim = { groupId: 'group', memberId, instanceId, generation }
    const outcome = this.#cluster.streams.groups.heartbeat(this.#scope, claim)
    return outcome.ok ? 'ok' : outcome.reason
  }

  /** Members that joined together, in a stable group; the first is the leader. Each is assigned its own id. */
  async stableGroup(members: readonly Partial<GroupJoin>[]): Promise<Joined[]> {
    const joins = members.map((fields) => this.join(fields))
    await settled()
    this.#cluster.clock.advance(2 * this.#cluster.streams.limits.initialRebalanceDelayMs)
    await settled()
    const joined = joins.map(({ outcome }) => outcome as Joined)
    const leader = joined.find(({ leaderId, memberId }) => leaderId === memberId)!
    const assignments = Object.fromEntries(joined.map(({ memberId }) => [memberId, memberId]))
    for (const member of joined) this.sync(member, member === leader ? assignments : {})
    await settled()
    return [leader, ...joined.filter((each) => each !== leader)]
  }

  async state(): Promise<string | undefined> {
    return (await this.#cluster.streams.groups.describe(this.#scope, 'group'))?.state
  }
}

/** What a consumer of the classic protocol sends as its protocols' metadata. */
export function subscriptionBytes(...topics: readonly string[]): Buffer {
  return Buffer.concat([int16(0), int32(topics.length), ...topics.map(text), int32(-1)])
}

/** What the leader of a group of such consumers assigns to one. */
export function assignmentBytes(partitions: { readonly [topic: string]: readonly number[] }): Buffer {
  const topics = Object.entries(partitions)
  const each = topics.map(([topic, numbers]) =>
    Buffer.concat([text(topic), int32(numbers.length), ...numbers.map(int32)]),
  )
  return Buffer.concat([int16(0), int32(topics.length), ...each, int32(-1)])
}

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])
