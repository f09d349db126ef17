import { invariant } from '@koine/base'
import { type Attributes, type Partition, partitionKey, type RecordKey } from '@koine/stores-ports'
import type { Transaction, TransactionState } from './transaction.ts'

/**
 * One record for each transactional id: table `streams.transactions`, pk `ids`, sk the id. Beside them stand the offsets
 * of running transactions, see `pending-offsets.ts`.
 */
export const transactionsGroup = { table: 'streams.transactions', pk: 'ids' } as const
const format = 1

export const transactionKey = (transactionalId: string): RecordKey => ({ ...transactionsGroup, sk: transactionalId })

interface StoredTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function transactionAttributes(transaction: Transaction): Attributes {
  const byTopic = Map.groupBy(transaction.partitions.values(), ({ topic }) => topic)
  return {
    format,
    state: transaction.state,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    lastProducerId: transaction.lastProducerId,
    lastProducerEpoch: transaction.lastProducerEpoch,
    timeoutMs: transaction.timeoutMs,
    topics: [...byTopic].map(([topic, all]) => ({ topic, partitions: all.map(({ partition }) => partition) })),
    groups: [...transaction.groups],
    startedAtMs: transaction.startedAtMs,
    updatedAtMs: transaction.updatedAtMs,
  }
}

export function readTransaction(transactionalId: string, attributes: Attributes): Transaction {
  invariant(attributes['format'] === format, 'a transaction is in a format of this version')
  const number = (name: string): number => Number(attributes[name])
  return {
    transactionalId,
    state: attributes['state'] as TransactionState,
    producerId: number('producerId'),
    producerEpoch: number('producerEpoch'),
    lastProducerId: number('lastProducerId'),
    lastProducerEpoch: number('lastProducerEpoch'),
    timeoutMs: number('timeoutMs'),
    partitions: readPartitions(attributes['topics'] as unknown as readonly StoredTopic[]),
    groups: new Set(attributes['groups'] as readonly string[]),
    startedAtMs: number('startedAtMs'),
    updatedAtMs: number('updatedAtMs'),
  }
}

const readPartitions = (topics: readonly StoredTopic[]): ReadonlyMap<string, Partition> =>
  new Map(
    topics
      .flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
      .map((at) => [partitionKey(at), at]),
  )
