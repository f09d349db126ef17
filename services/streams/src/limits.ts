import { logLimits } from '@koine/stores-ports'

/** Bounds of one tenant's virtual cluster, and Kafka's broker settings of the same meaning. */
export interface StreamsLimits {
  readonly topics: number
  readonly partitionsPerTopic: number
  readonly partitions: number
  /** Kafka's `message.max.bytes`: the largest record batch. */
  readonly batchBytesMax: number
  /** Kafka's broker setting `fetch.max.bytes`. */
  readonly fetchBytesMax: number
  readonly fetchWaitMsMax: number
  readonly groups: number
  readonly membersPerGroup: number
  /** Protocols' metadata, or the assignment, of one member. */
  readonly memberBytesMax: number
  /** What members of all groups of a tenant say of themselves and are assigned: it is held in memory. */
  readonly groupBytes: number
  /** Members' protocols are compared with each other's, so that their number counts and not only their bytes. */
  readonly protocolsPerMember: number
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  /** A group whose members are all late waits for them in turns of this length. */
  readonly rebalanceTimeoutMsMin: number
  readonly rebalanceTimeoutMsMax: number
  /**
   * How long the first member of an empty group waits for others. Kafka's default is 3 s, tuned for large deployments;
   * a group that starts alone shouldn't pay for it.
   */
  readonly initialRebalanceDelayMs: number
  /** Kafka's `offsets.retention.minutes`: how long offsets outlive the last member, or the last commit. */
  readonly offsetsRetentionMs: number
  /** Kafka's `offsets.retention.check.interval.ms`. */
  readonly offsetsRetentionCheckMs: number
  /** Partitions that one look at the lag of groups takes in. */
  readonly lagPartitions: number
  readonly acls: number
  /** Users of the virtual cluster with SCRAM credentials. */
  readonly scramUsers: number
  /** Of the consumer protocol's groups (KIP-848): Kafka's `group.consumer.*` of the same meaning. */
  readonly consumerSessionMsMin: number
  readonly consumerSessionMsMax: number
  readonly heartbeatIntervalMsMin: number
  readonly heartbeatIntervalMsMax: number
  /** Entities of a tenant that have quotas. */
  readonly quotaEntities: number
  /** Within this time every tenant's partitions are looked at for what retention and compaction give up. */
  readonly cleaningIntervalMs: number
  /** Keys that one pass of compaction remembers; of a partition with more, several passes are made. */
  readonly cleaningKeysMax: number
  /** Bytes of new records that one pass of compaction reads. */
  readonly cleaningBytesMax: number
  /** Producers with sequence numbers that a partition remembers, to 2,300; beyond, the one longest silent is forgotten. */
  readonly producersPerPartition: number
  /** Kafka's `producer.id.expiration.ms`: a producer that is silent for so long is forgotten by the partition. */
  readonly producerExpiryMs: number
  /** Partitions, and producers of partitions, whose state is in memory, over all tenants; beyond, idle ones are let go. */
  readonly partitionsHeld: number
  readonly producersHeld: number
  /** What waiting fetches of all tenants have read; beyond, a fetch is answered with what it has. */
  readonly fetchBytesHeld: number
  /** Beyond, the one longest idle is forgotten; when none is idle long enough, no new one is taken. */
  readonly transactionalIds: number
  readonly transactionalIdIdleMsMin: number
  /** Kafka's `transactional.id.expiration.ms`. */
  readonly transactionalIdExpirationMs: number
  /** Kafka's `transaction.max.timeout.ms`. */
  readonly transactionTimeoutMsMax: number
  readonly partitionsPerTransaction: number
  readonly groupsPerTransaction: number
  readonly offsetsPerTransaction: number
  /** Partitions, groups and offsets of all open transactions of a tenant. */
  readonly transactionEntries: number
}

export const defaultStreamsLimits: StreamsLimits = {
  topics: 5_000,
  partitionsPerTopic: logLimits.partitionsPerTopic,
  partitions: 20_000,
  batchBytesMax: logLimits.batchBytes,
  fetchBytesMax: 55 * 1024 * 1024,
  fetchWaitMsMax: 60_000,
  groups: 10_000,
  membersPerGroup: 1_000,
  memberBytesMax: 1024 * 1024,
  groupBytes: 256 * 1024 * 1024,
  protocolsPerMember: 64,
  sessionTimeoutMsMin: 6_000,
  sessionTimeoutMsMax: 1_800_000,
  rebalanceTimeoutMsMin: 100,
  rebalanceTimeoutMsMax: 1_800_000,
  initialRebalanceDelayMs: 100,
  offsetsRetentionMs: 7 * 24 * 60 * 60_000,
  offsetsRetentionCheckMs: 600_000,
  lagPartitions: 10_000,
  acls: 5_000,
  scramUsers: 1_000,
  consumerSessionMsMin: 45_000,
  consumerSessionMsMax: 60_000,
  heartbeatIntervalMsMin: 5_000,
  heartbeatIntervalMsMax: 15_000,
  quotaEntities: 1_000,
  cleaningIntervalMs: 60_000,
  cleaningKeysMax: 500_000,
  cleaningBytesMax: 256 * 1024 * 1024,
  producersPerPartition: 2_000,
  producerExpiryMs: 24 * 3_600_000,
  partitionsHeld: 50_000,
  producersHeld: 200_000,
  fetchBytesHeld: 256 * 1024 * 1024,
  transactionalIds: 10_000,
  transactionalIdIdleMsMin: 3_600_000,
  transactionalIdExpirationMs: 7 * 24 * 3_600_000,
  transactionTimeoutMsMax: 900_000,
  partitionsPerTransaction: 10_000,
  groupsPerTransaction: 100,
  offsetsPerTransaction: 10_000,
  transactionEntries: 200_000,
}
