export { type Access, clusterName, type Operation, type ResourceType } from './access/access.ts'
export {
  AccessControl,
  type AccessRequest,
  type AclFailure,
  type AclOutcome,
  type HeldAccess,
} from './access/access-control.ts'
export type { Acl, AclFilter, AclOperation, AclResourceType } from './access/acl.ts'
export { type ScramUser, type ScramUserChange, type ScramUserFailure, ScramUsers } from './access/scram-users.ts'
export { Backpressure, type BackpressureState, type TenantBackpressure } from './backpressure/backpressure.ts'
export { type BackpressureSettings, defaultBackpressureSettings } from './backpressure/backpressure-settings.ts'
export type { Signal, SignalName } from './backpressure/pressure.ts'
export type { CleanedRecords } from './cleaning/cleaned-records.ts'
export { Cleaner, type CleanerOptions } from './cleaning/cleaner.ts'
export type { ConsumerHeartbeat } from './groups/consumer/consumer-heartbeat.ts'
export type { ConsumerFailure, ConsumerHeartbeatOutcome, ConsumerRefusal } from './groups/consumer/consumer-outcomes.ts'
export type { ConsumerGroupDescription, NamedTopicPartitions } from './groups/consumer/describing.ts'
export type { TopicPartitions } from './groups/consumer/partition-set.ts'
export type { GroupDescription, GroupListing, GroupState } from './groups/describing.ts'
export type { FetchClaim, GroupClaim, GroupCoordinator, GroupJoin, GroupSync } from './groups/group-coordinator.ts'
export type { GroupLag, LagMember, PartitionLag } from './groups/lag.ts'
export type { Leaver } from './groups/leaving.ts'
export type { FetchedOffsets, OffsetFailure } from './groups/offsets.ts'
export type { GroupFailure, HeartbeatOutcome, JoinedMember, JoinOutcome, SyncOutcome } from './groups/outcomes.ts'
export { defaultStreamsLimits, type StreamsLimits } from './limits.ts'
export type { HeldReport, TenantUsage } from './metering/tenant-usage.ts'
export { type EventPosition, type PlatformEvent, PlatformEvents } from './platform-events.ts'
export type { ActiveProducer } from './records/active-producer.ts'
export type { FetchedPartition, FetchRequest, WantedPartition } from './records/fetch.ts'
export type { FoundOffset, OffsetQuery } from './records/find-offset.ts'
export type { Isolation } from './records/isolation.ts'
export type { ProduceFailure, ProduceOutcome } from './records/produce-outcome.ts'
export type { Records } from './records/records.ts'
export type { EndTransactionOutcome, TransactionEnd, TransactionGate } from './records/transaction-gate.ts'
export type {
  AlteredQuotas,
  ClientQuotas,
  DescribedQuotas,
  EntityQuotas,
  QuotaAlteration,
  QuotaFailure,
} from './quotas/client-quotas.ts'
export type { QuotaEntity, QuotaEntityPart } from './quotas/quota-entity.ts'
export type { QuotaFilter, QuotaFilterPart } from './quotas/quota-filter.ts'
export type { QuotaChange, QuotaValues } from './quotas/quota-values.ts'
export { type BrokerSetting, brokerSettings } from './settings/broker-settings.ts'
export type { ConsumerGroupSettings, GroupSettings, GroupSettingsOutcome } from './settings/group-settings.ts'
export type { SettingType } from './settings/setting-kinds.ts'
export type { Setting, SettingChange, Settings, SettingsChange } from './settings/setting.ts'
export { Streams, type StreamsOptions } from './streams.ts'
export type { ClientThrottle } from './throttling/client-throttles.ts'
export { NodeQuotas } from './throttling/node-quotas.ts'
export type { SliceAssignment, TenantUse, UseReport } from './throttling/quota-messages.ts'
export { QuotaService } from './throttling/quota-service.ts'
export { RateMeter } from './throttling/rate-meter.ts'
export { type RateKind, rateKinds, throttleMsMax } from './throttling/rate-kinds.ts'
export { RateQuota } from './throttling/rate-quota.ts'
export { RequestCharges } from './throttling/request-charges.ts'
export { TenantQuota } from './throttling/tenant-quota.ts'
export { type KindReport, TenantThrottle, type ThrottlingReport } from './throttling/tenant-throttle.ts'
export type { Throttling } from './throttling/throttling.ts'
export { type ThrottlingSettings, throttlingSettings } from './throttling/throttling-settings.ts'
export { TokenBucket } from './throttling/token-bucket.ts'
export { createPlatformTopics } from './topics/platform-topics.ts'
export { isPlatformTopic, topicNameProblem } from './topics/topic-names.ts'
export { numberSettingOf, settingOf, settingsOf } from './topics/topic-settings.ts'
export type {
  CreateTopicOutcome,
  DeleteRecordsOutcome,
  DeleteTopicOutcome,
  TopicOutcome,
  TopicRequest,
} from './topics/topic-catalog.ts'
export type { TopicFailure, TopicRefusal } from './topics/topic-failure.ts'
export type { TransactionFilter, TransactionListing } from './transactions/listing.ts'
export type { GivenOffsets } from './transactions/offset-commits.ts'
export type { InitOutcome, TransactionalProducer, TransactionFailure } from './transactions/outcomes.ts'
export type { Transaction, TransactionState } from './transactions/transaction.ts'
export type { InitRequest, Transactions } from './transactions/transactions.ts'
export { TopicReader, type TopicPage, type TopicPosition, type TopicRecord } from './browsing/topic-reader.ts'
export { type GroupDetail, type GroupMember, type GroupSummary } from './operations/groups.ts'
export { StreamOperations, type TopicDetail } from './operations/stream-operations.ts'
