import type { TenantScope } from '@koine/stores-ports'
import type { GroupListing } from '../groups/describing.ts'
import { assignedPartitions } from '../groups/embedded-protocol.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { PartitionLag } from '../groups/lag.ts'

export interface GroupSummary extends GroupListing {
  readonly members: number
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface GroupDetail extends GroupListing {
  readonly members: readonly GroupMember[]
  readonly partitions: readonly PartitionLag[]
  /** Of all partitions together. */
  readonly lag: number
}

export async function summaryOf(
  groups: GroupCoordinator,
  scope: TenantScope,
  listing: GroupListing,
): Promise<GroupSummary> {
  if (listing.state === 'Empty') return { ...listing, members: 0 }
  return { ...listing, members: (await membersOf(groups, scope, listing)).length }
}

/** Of a group of either protocol. */
export async function membersOf(
  groups: GroupCoordinator,
  scope: TenantScope,
  { groupId, type }: GroupListing,
): Promise<readonly GroupMember[]> {
  if (type === 'consumer') {
    const described = await groups.describeConsumerGroup(scope, groupId)
    return (described?.members ?? []).map(({ memberId, instanceId, clientId, clientHost, assignment }) => ({
      memberId,
      instanceId,
      clientId,
      clientHost,
      assigned: assignment.map(({ topicName, partitions }) => ({ topic: topicName, partitions: [...partitions] })),
    }))
  }
  const described = await groups.describe(scope, groupId)
  return (described?.members ?? []).map(({ memberId, instanceId, clientId, clientHost, assignment }) => ({
    memberId,
    instanceId,
    clientId,
    clientHost,
    assigned: byTopic(assignedPartitions(assignment) ?? []),
  }))
}

function byTopic(partitions: readonly { topic: string; partition: number }[]): GroupMember['assigned'] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers.toSorted((a, b) => a - b) }))
}
