import { createTopics, listOffsets, produce } from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { until } from '@koine/base/testing'
import { KafkaConnection } from '../kafka-connection.ts'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly settings?: Readonly<Record<string, string>>
}

/** The setting of a Koine topic that says when an append is acknowledged. */
export const durabilitySetting = 'koine.durability'
const topicExists = 36
/** A topic that `awaitServing` has made on every system. */
export const readyTopic = 'bench-ready'

/** @returns Kafka's error code, 0 when the topic is there now */
async function tryCreate(connection: KafkaConnection, { name, partitions, settings = {} }: TopicSpec): Promise<number> {
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  const { topics } = await connection.request(createTopics, 5, {
    topics: [{ name, numPartitions: partitions, replicationFactor: -1, assignments: [], configs }],
    timeoutMs: 300_000,
    validateOnly: false,
  })
  return topics[0]!.errorCode
}

export async function createTopic(connection: KafkaConnection, spec: TopicSpec): Promise<void> {
  const code = await tryCreate(connection, spec)
  if (code !== 0) throw new Error(`CreateTopics of ${spec.name} answered ${code}`)
}

/** Waits until topics can be created. */
export async function awaitServing(address: string): Promise<void> {
  await until(
    `${address} creates topics`,
    () =>
      attempt(address, async (connection) => {
        const code = await tryCreate(connection, { name: readyTopic, partitions: 1 })
        return code === 0 || code === topicExists
      }),
    120_000,
  )
}

/** Waits until a record is accepted by the ready topic. */
export async function awaitAccepting(address: string): Promise<void> {
  const records = encodeRecordBatch({ records: [{ key: null, value: new Uint8Array(10), timestampMs: Date.now() }] })
  await until(
    `${address} accepts a record`,
    () =>
      attempt(address, async (connection) => {
        const { responses } = await connection.request(produce, 9, {
          transactionalId: null,
          acks: -1,
          timeoutMs: 30_000,
          topicData: [{ name: readyTopic, partitionData: [{ index: 0, records }] }],
        })
        return responses[0]?.partitionResponses[0]?.errorCode === 0
      }),
    120_000,
  )
}

async function attempt(address: string, ask: (connection: KafkaConnection) => Promise<boolean>): Promise<boolean> {
  try {
    using connection = await KafkaConnection.connect(address)
    return await ask(connection)
  } catch {
    return false // Not listening yet, or not serving: the caller tries again until its time is over.
  }
}

/** Between two looks: asking more often would take the time of the one that is asked. */
const lookMs = 100
const usableWithinMs = 600_000

/** Waits until every partition says where it ends: until then it can't be used. */
export async function awaitPartitions(connection: KafkaConnection, { name, partitions }: TopicSpec): Promise<void> {
  const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: -1,
    timestamp: -1,
  }))
  const deadlineMs = performance.now() + usableWithinMs
  for (;;) {
    const { topics } = await connection.request(listOffsets, 4, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name, partitions: wanted }],
    })
    const told = topics[0]?.partitions ?? []
    if (told.length === partitions && told.every(({ errorCode }) => errorCode === 0)) return
    if (performance.now() > deadlineMs) throw new Error(`Not every partition of ${name} can be used`)
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}
