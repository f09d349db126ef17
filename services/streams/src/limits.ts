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
  /** Producers with sequence numbers that a partition remembers; beyond, the one longest silent is forgotten. */
  readonly producersPerPartition: number
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
  protocolsPerMember: 64,
  sessionTimeoutMsMin: 6_000,
  sessionTimeoutMsMax: 1_800_000,
  rebalanceTimeoutMsMin: 100,
  rebalanceTimeoutMsMax: 1_800_000,
  initialRebalanceDelayMs: 100,
  producersPerPartition: 1_000,
}
