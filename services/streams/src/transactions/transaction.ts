import { type Partition, partitionKey } from '@koine/stores-ports'
import type { ProducerIdentity } from '../records/transaction-gate.ts'
import { noProducerEpoch } from './outcomes.ts'

/** By Kafka's names, which clients are told. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
] as const
export type TransactionState = (typeof transactionStates)[number]

/**
 * What is known of a transactional id: the producer that holds it, and its running or its last transaction. Never changed;
 * each step makes the next one.
 */
export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string
  readonly state: TransactionState
  /** The identity that the producer had when it was given this one; -1 unless it named it itself (KIP-360). */
  readonly lastProducerId: number
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  /** Those that the running transaction writes to, by `partitionKey`. */
  readonly partitions: ReadonlyMap<string, Partition>
  /** The groups whose offsets the running transaction commits. */
  readonly groups: ReadonlySet<string>
  /** When the running or last transaction began, Unix milliseconds; -1 when this producer has had none. */
  readonly startedAtMs: number
  readonly updatedAtMs: number
}

/**
 * The largest epoch that is never given to a producer: there is always one left to fence it with.
 * See `TransactionMetadata.isEpochExhausted` of Apache Kafka.
 */
const exhaustedEpoch = 0x7fff - 1
export const neverStarted = -1

export const isEpochExhausted = ({ producerEpoch }: ProducerIdentity): boolean => producerEpoch >= exhaustedEpoch

/** Decided, and not yet told to all partitions and groups. */
export const isEnding = ({ state }: Transaction): boolean => state === 'PrepareCommit' || state === 'PrepareAbort'

export const isOpen = (transaction: Transaction): boolean => transaction.state === 'Ongoing' || isEnding(transaction)

/** How many partitions and groups it holds in memory. */
export const entriesOf = ({ partitions, groups }: Transaction): number => partitions.size + groups.size

export interface Additions {
  readonly partitions?: readonly Partition[]
  readonly group?: string
}

/** Whether all that is to be added is there already, so that nothing needs to be written. */
export const includes = (transaction: Transaction, { partitions = [], group }: Additions): boolean =>
  transaction.state === 'Ongoing' &&
  partitions.every((at) => transaction.partitions.has(partitionKey(at))) &&
  (group === undefined || transaction.groups.has(group))

/** Adds to the running transaction, or begins one. */
export function extended(transaction: Transaction, { partitions = [], group }: Additions, nowMs: number): Transaction {
  const added = partitions.map(({ topic, partition }) => ({ topic, partition }))
  return {
    ...transaction,
    state: 'Ongoing',
    partitions: new Map([...transaction.partitions, ...added.map((at) => [partitionKey(at), at] as const)]),
    groups: group === undefined ? transaction.groups : new Set([...transaction.groups, group]),
    startedAtMs: transaction.state === 'Ongoing' ? transaction.startedAtMs : nowMs,
    updatedAtMs: nowMs,
  }
}

export const decided = (transaction: Transaction, commit: boolean, nowMs: number): Transaction => ({
  ...transaction,
  state: commit ? 'PrepareCommit' : 'PrepareAbort',
  updatedAtMs: nowMs,
})

/** Decided to abort under an epoch that nobody has been given, so that the producer can do nothing more. */
export const fenced = (transaction: Transaction, nowMs: number): Transaction => ({
  ...decided(transaction, false, nowMs),
  producerEpoch: transaction.producerEpoch + 1,
  lastProducerEpoch: noProducerEpoch,
})

export const completed = (transaction: Transaction, nowMs: number): Transaction => ({
  ...transaction,
  state: transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
  partitions: new Map(),
  groups: new Set(),
  updatedAtMs: nowMs,
})
