import type { StreamsLimits } from '../limits.ts'
import { topicSettingKinds } from '../topics/topic-settings.ts'
import type { SettingType } from './setting-kinds.ts'

/** One setting of the broker: the operator's, so that clients read it only. */
export interface BrokerSetting {
  readonly name: string
  readonly value: string
  readonly type: SettingType
  /** False: Kafka's default, which this server has too. */
  readonly isSet: boolean
}

const set = (name: string, type: SettingType, value: string | number | boolean): BrokerSetting => ({
  name,
  value: `${value}`,
  type,
  isSet: true,
})

/** What tools and clients look for in a broker, as it is here: the limits, and the defaults of topics. */
export const brokerSettings = (limits: StreamsLimits): readonly BrokerSetting[] => [
  ...topicDefaults(),
  set('default.replication.factor', 'int', 1),
  set('delete.topic.enable', 'boolean', true),
  set('fetch.max.bytes', 'int', limits.fetchBytesMax),
  set('group.consumer.heartbeat.interval.ms', 'int', 5_000),
  set('group.consumer.max.heartbeat.interval.ms', 'int', limits.heartbeatIntervalMsMax),
  set('group.consumer.max.session.timeout.ms', 'int', limits.consumerSessionMsMax),
  set('group.consumer.min.heartbeat.interval.ms', 'int', limits.heartbeatIntervalMsMin),
  set('group.consumer.min.session.timeout.ms', 'int', limits.consumerSessionMsMin),
  set('group.consumer.session.timeout.ms', 'int', 45_000),
  set('group.initial.rebalance.delay.ms', 'int', limits.initialRebalanceDelayMs),
  set('group.max.session.timeout.ms', 'int', limits.sessionTimeoutMsMax),
  set('group.max.size', 'int', limits.membersPerGroup),
  set('group.min.session.timeout.ms', 'int', limits.sessionTimeoutMsMin),
  set('log.cleaner.backoff.ms', 'long', limits.cleaningIntervalMs),
  set('log.cleaner.enable', 'boolean', true),
  set('log.retention.check.interval.ms', 'long', limits.cleaningIntervalMs),
  set('num.partitions', 'int', 1),
  set('offsets.topic.replication.factor', 'int', 1),
  set('transaction.state.log.min.isr', 'int', 1),
  set('transaction.state.log.replication.factor', 'int', 1),
]

const topicDefaults = (): BrokerSetting[] =>
  Object.values(topicSettingKinds).flatMap(({ broker, brokerDefault, byDefault, type }) =>
    broker === undefined ? [] : [{ name: broker, value: brokerDefault ?? byDefault, type, isSet: false }],
  )
