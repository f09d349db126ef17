import type { Clock, Logger } from '@koine/base'
import type { ConsumerGroupSettings } from '../../settings/group-settings.ts'
import type { StreamsLimits } from '../../limits.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { TopicView } from './topic-view.ts'

/** What it takes to take a member out. */
export interface ExpelContext {
  readonly logger: Logger
  /** The last member is gone. */
  readonly onDeserted: (group: ConsumerGroup) => void
}

/** What the rules of a group of the consumer protocol need besides its state. */
export interface ConsumerContext extends ExpelContext {
  readonly clock: Clock
  readonly limits: StreamsLimits
  readonly settings: ConsumerGroupSettings
  readonly topics: TopicView
}
