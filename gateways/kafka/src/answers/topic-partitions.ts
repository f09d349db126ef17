import { errorCodes } from '@koine/protocols-kafka'
import type { Broker } from '../handler.ts'

/** A partition keeps its leader, which is the only broker, for ever. */
export const leaderEpoch = 0

/** The ids of a topic that there isn't, or that mustn't be told. */
export const noTopicId = '0'.repeat(32)

export const describePartition = (partitionIndex: number, { nodeId }: Broker) => ({
  errorCode: errorCodes.NONE,
  partitionIndex,
  leaderId: nodeId,
  leaderEpoch,
  replicaNodes: [nodeId],
  isrNodes: [nodeId],
  offlineReplicas: [],
})

export type PartitionDescription = ReturnType<typeof describePartition>
