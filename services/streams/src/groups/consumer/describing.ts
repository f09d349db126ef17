import type { GroupRecord } from '../group-records.ts'
import type { ConsumerGroup, ConsumerGroupState } from './consumer-group.ts'
import type { PartitionSet, TopicPartitions } from './partition-set.ts'
import { assignorNames } from './assignor.ts'
import type { TopicView } from './topic-view.ts'

export interface NamedTopicPartitions extends TopicPartitions {
  readonly topicName: string
}

export interface ConsumerGroupDescription {
  readonly groupId: string
  readonly state: ConsumerGroupState
  readonly epoch: number
  readonly assignmentEpoch: number
  readonly assignor: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly rackId: string | null
    readonly epoch: number
    readonly clientId: string
    readonly clientHost: string
    readonly topicNames: readonly string[]
    readonly pattern: string | null
    readonly assignment: readonly NamedTopicPartitions[]
    readonly target: readonly NamedTopicPartitions[]
  }[]
}

export function describeConsumerGroup(group: ConsumerGroup | GroupRecord, topics: TopicView): ConsumerGroupDescription {
  if (!('members' in group)) return withoutMembers(group)
  return {
    groupId: group.id,
    state: group.state,
    epoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignor: group.assignor,
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      instanceId: member.instanceId,
      rackId: member.terms.rackId,
      epoch: member.epoch,
      clientId: member.terms.clientId,
      clientHost: member.terms.clientHost,
      topicNames: member.terms.topicNames,
      pattern: member.terms.pattern?.source ?? null,
      assignment: named(member.assigned, topics),
      target: named(group.targetOf(member.id), topics),
    })),
  }
}

const withoutMembers = ({ groupId, epoch }: GroupRecord): ConsumerGroupDescription => ({
  groupId,
  state: 'Empty',
  epoch,
  assignmentEpoch: epoch,
  assignor: assignorNames[0]!,
  members: [],
})

/** A topic that is gone has no name to show. */
const named = (set: PartitionSet, { byId }: TopicView): NamedTopicPartitions[] =>
  set.topics().flatMap((each) => {
    const topic = byId.get(each.topicId)
    return topic ? [{ ...each, topicName: topic.name }] : []
  })
