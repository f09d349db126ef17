import type { Group } from './group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { subscribedTopics } from './embedded-protocol.ts'
import type { LiveGroup } from './group-directory.ts'

/** Says of a topic whether a member subscribes to it. */
export type Subscribed = (topic: string) => boolean

/** Of a group whose members don't say it in a way that we know, every topic. */
export const subscribedIn = (group: LiveGroup): Subscribed =>
  group.type === 'classic' ? byMetadata(group) : byTerms(group)

function byMetadata(group: Group): Subscribed {
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const protocol = group.protocolName === '' ? member.terms.protocols[0]?.name : group.protocolName
    const subscribed = subscribedTopics(member.metadata(protocol ?? ''))
    if (!subscribed) return () => true
    for (const topic of subscribed) topics.add(topic)
  }
  return (topic) => topics.has(topic)
}

const byTerms =
  ({ members }: ConsumerGroup): Subscribed =>
  (topic) =>
    members.values().some(({ terms }) => terms.topicNames.includes(topic) || terms.pattern?.matches(topic))
