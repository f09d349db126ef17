import { invariant } from '@koine/base'
import { assignorOf, preferredAssignor } from './assignor.ts'
import type { ConsumerContext } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'

/** Makes the target assignment of the group's present epoch. */
export function retarget(group: ConsumerGroup, { logger }: ConsumerContext): void {
  const members = [...group.members.values()]
  group.assignor = preferredAssignor(members.map(({ terms }) => terms.assignor))
  const assign = assignorOf(group.assignor)
  invariant(assign, 'members ask only for assignors that there are')
  group.target = assign({
    members: members.map(({ id, instanceId, topicIds }) => ({
      id,
      instanceId,
      topicIds,
      previous: group.targetOf(id),
    })),
    partitions: group.topicPartitions,
  })
  group.assignmentEpoch = group.epoch
  logger.debug({ group: group.id, epoch: group.epoch, members: members.length }, 'group has a new target assignment')
}
