import type { Producer, Transaction } from 'kafkajs'
import type { Outcome, Sent } from '../log-checker/history.ts'
import type { Cluster } from './cluster.ts'
import { chance, nameOfError, partitionOf, pause, pick, type Recorder } from './recorder.ts'

/** Shorter than the longer freezes. */
export const transactionTimeoutMs = 4_000

/**
 * A client of its own, since what kafkajs knows of a producer's state is wrong once a call has failed. One that can't even
 * connect is let go, too.
 */
export async function openProducer(cluster: Cluster, name: string, transactionalId?: string): Promise<Producer> {
  const transactional =
    transactionalId === undefined ? {} : { transactionalId, transactionTimeout: transactionTimeoutMs }
  const producer = cluster.kafka(name).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { initialRetryTime: 100, maxRetryTime: 800, retries: 7 },
    ...transactional,
  })
  try {
    await producer.connect()
    return producer
  } catch (thrown) {
    await letGo(producer)
    throw thrown
  }
}

/** A client that is given up on may well fail to say good-bye. */
export const letGo = async (client: { disconnect(): Promise<void> } | undefined): Promise<void> =>
  client?.disconnect().catch(() => {})

/** Values sent one or a few at a time by an idempotent producer. */
export async function produceIdempotently(
  cluster: Cluster,
  recorder: Recorder,
  { name, partitions }: { readonly name: string; readonly partitions: readonly string[] },
): Promise<void> {
  let producer: Producer | undefined
  for (let n = 0; !recorder.isCalm; n++) {
    await pause(60)
    const partition = pick(partitions)
    const values = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, (_, i) => `${name}-${n}.${i}`)
    let sends: readonly Sent[] = values.map((value) => ({ partition, value }))
    let outcome: Outcome = 'unknown'
    try {
      producer ??= await openProducer(cluster, name)
      sends = await send(producer, partition, values)
      outcome = 'ok'
    } catch (thrown) {
      recorder.failed(name, thrown)
      await letGo(producer)
      producer = undefined
    }
    recorder.note({ kind: 'work', process: name, outcome, sends, reads: [] })
  }
  await letGo(producer)
}

/** Values sent in transactions, some of which are aborted. */
export async function produceInTransactions(
  cluster: Cluster,
  recorder: Recorder,
  { name, partitions }: { readonly name: string; readonly partitions: readonly string[] },
): Promise<void> {
  let producer: Producer | undefined
  for (let n = 0; !recorder.isCalm; n++) {
    await pause(80)
    try {
      producer ??= await openProducer(cluster, name, `tx-${name}`)
      const values = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, (_, i) => ({
        partition: pick(partitions),
        value: `${name}-${n}.${i}`,
      }))
      const work = await transact(await producer.transaction(), values, { commit: !chance(0.3) })
      recorder.note({ kind: 'work', process: name, outcome: work.outcome, sends: work.sends, reads: [] })
      if (work.thrown !== undefined) throw work.thrown
      if (!chance(0.05)) continue
    } catch (thrown) {
      recorder.failed(name, thrown)
    }
    await letGo(producer)
    producer = undefined
  }
  await letGo(producer)
}

export interface TransactionWork {
  readonly outcome: Outcome
  readonly sends: readonly Sent[]
  /** Why it could not be ended: the producer is then not to be used any further. */
  readonly thrown?: unknown
}

/** What says for certain that a transaction was not committed: kafkajs asks for its end only once. */
const refusals = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE'])

/** One transaction: its outcome as its producer knows it. */
export async function transact(
  transaction: Transaction,
  values: readonly { readonly partition: string; readonly value: string }[],
  { commit, further }: { readonly commit: boolean; readonly further?: () => Promise<void> },
): Promise<TransactionWork> {
  const sends: Sent[] = values.map((each) => ({ ...each }))
  try {
    for (const [index, { partition, value }] of values.entries()) {
      sends[index] = (await send(transaction, partition, [value]))[0]!
    }
    await further?.()
    if (!commit) await transaction.abort()
  } catch (thrown) {
    // Not ended by this producer: whoever comes next, or the timeout, aborts it.
    return { outcome: 'failed', sends, thrown }
  }
  if (!commit) return { outcome: 'failed', sends }
  try {
    await transaction.commit()
    return { outcome: 'ok', sends }
  } catch (thrown) {
    return { outcome: refusals.has(nameOfError(thrown)) ? 'failed' : 'unknown', sends, thrown }
  }
}

/** Values in one batch to one partition, with the offsets that they were given. */
export async function send(
  producer: Pick<Producer, 'send'>,
  partition: string,
  values: readonly string[],
): Promise<Sent[]> {
  const at = partitionOf(partition)
  const messages = values.map((value) => ({ partition: at.partition, value }))
  const [told] = await producer.send({ topic: at.topic, messages, acks: -1 })
  if (told?.baseOffset === undefined) throw new Error(`${partition} has told no offset`)
  return values.map((value, index) => ({ partition, value, offset: Number(told.baseOffset) + index }))
}
