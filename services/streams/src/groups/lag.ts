import { type CommittedOffset, type Partition, partitionKey, type TenantScope } from '@koine/stores-ports'
import type { TopicView } from './consumer/topic-view.ts'
import { listing } from './describing.ts'
import { assignedPartitions } from './embedded-protocol.ts'
import type { LiveGroup } from './group-directory.ts'

export interface LagMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
}

/** One partition that a group has committed, or that one of its members reads. */
export interface PartitionLag extends Partition {
  /** Undefined: nothing is committed. */
  readonly committedOffset: number | undefined
  readonly endOffset: number
  /** Records between the two; undefined like the former. */
  readonly lag: number | undefined
  readonly member: LagMember | undefined
}

export interface GroupLag {
  readonly groupId: string
  readonly state: string
  /** By topic and number. */
  readonly partitions: readonly PartitionLag[]
  /** Of all partitions together. */
  readonly lag: number
  /** There are more partitions than are looked at. */
  readonly isCut: boolean
}

interface LagOptions {
  readonly topics: TopicView
  /** How many partitions are looked at, in all groups together. */
  readonly partitionsMax: number
}

interface WantedGroup {
  readonly groupId: string
  readonly live: LiveGroup | undefined
}

export async function lagOf(
  scope: TenantScope,
  { groupId, live, ...options }: WantedGroup & LagOptions,
): Promise<GroupLag> {
  const [lag] = await lagsOf(scope, { ...options, groups: [{ groupId, live }] })
  return lag!
}

/** One group after another, so that a scrape doesn't crowd out the clients; the end of a partition is read once for all. */
export async function lagsOf(
  scope: TenantScope,
  { groups, topics, partitionsMax }: LagOptions & { readonly groups: readonly WantedGroup[] },
): Promise<GroupLag[]> {
  const ends = new Map<string, number | undefined>()
  const lags: GroupLag[] = []
  let left = partitionsMax
  for (const { groupId, live } of groups) {
    const committed = left > 0 ? await scope.log.committedOffsets(groupId) : []
    const all = merged(committed, live ? readersOf(live, topics) : [])
    const looked = all.slice(0, left)
    for (const { at } of looked) {
      const key = partitionKey(at)
      if (!ends.has(key)) ends.set(key, (await scope.log.bounds(at))?.endOffset)
    }
    left -= looked.length
    const partitions = looked.flatMap((each) => partitionLag(each, ends.get(partitionKey(each.at))))
    const isCut = looked.length < all.length || left <= 0
    const lag = partitions.reduce((sum, each) => sum + (each.lag ?? 0), 0)
    lags.push({ groupId, state: live ? listing(live).state : 'Empty', partitions, lag, isCut })
  }
  return lags
}

interface Looked {
  readonly at: Partition
  committedOffset?: number
  member?: LagMember
}

function merged(
  committed: readonly CommittedOffset[],
  readers: Iterable<readonly [at: Partition, member: LagMember]>,
): Looked[] {
  const found = new Map<string, Looked>()
  const entry = ({ topic, partition }: Partition): Looked => {
    const key = partitionKey({ topic, partition })
    const held = found.get(key)
    if (held) return held
    const made: Looked = { at: { topic, partition } }
    found.set(key, made)
    return made
  }
  for (const offset of committed) entry(offset).committedOffset = offset.offset
  for (const [at, member] of readers) entry(at).member = member
  return [...found.values()].sort(byPartition)
}

const byPartition = ({ at: a }: Looked, { at: b }: Looked): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1

function* readersOf(group: LiveGroup, { byId }: TopicView): Generator<readonly [Partition, LagMember]> {
  if (group.type === 'consumer') {
    for (const member of group.members.values()) {
      for (const [topicId, partition] of member.assigned) {
        const topic = byId.get(topicId)?.name
        if (topic !== undefined) yield [{ topic, partition }, told(member)]
      }
    }
    return
  }
  for (const member of group.protocolType === 'consumer' ? group.members.values() : []) {
    for (const at of assignedPartitions(member.assignment) ?? []) yield [at, told(member)]
  }
}

const told = ({
  id,
  instanceId,
  terms,
}: {
  readonly id: string
  readonly instanceId: string | null
  readonly terms: Pick<LagMember, 'clientId' | 'clientHost'>
}): LagMember => ({ memberId: id, instanceId, clientId: terms.clientId, clientHost: terms.clientHost })

/** Nothing for a partition that has gone meanwhile. */
function partitionLag({ at, committedOffset, member }: Looked, endOffset: number | undefined): PartitionLag[] {
  if (endOffset === undefined) return []
  const lag = committedOffset === undefined ? undefined : Math.max(0, endOffset - committedOffset)
  return [{ ...at, committedOffset, endOffset, lag, member }]
}
