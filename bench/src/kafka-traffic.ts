import { createTopics, fetch, produce } from '@koine/protocols-kafka'
import { baseOffset, encodeRecordBatch, lastOffsetDelta, splitRecordBatches } from '@koine/protocols-kafka/record-batch'
import type { ServerProcess } from '@koine/server/testing'
import { KafkaConnection } from './kafka-connection.ts'
import { type Measure, measure, percentile } from './result.ts'

const recordBytes = 1024
/** 1 MiB less room for the headers: what a client with its usual maximum request size sends. */
const recordsPerBatch = 960
const requestsUnderWay = 5
const latencyRecords = 500

export interface KafkaOptions {
  readonly megabytes: number
  readonly runs: number
}

/** One partition, records of 1 KB, acknowledged after fsync: produced, consumed from the start, and one at a time. */
export async function kafkaMeasures(server: ServerProcess, { megabytes, runs }: KafkaOptions): Promise<Measure[]> {
  const producer = await KafkaConnection.open(server)
  const consumer = await KafkaConnection.open(server)
  const produced: number[] = []
  const consumed: number[] = []
  const p50: number[] = []
  const p99: number[] = []
  const batches = Math.max(1, Math.ceil((megabytes * 1e6) / (recordsPerBatch * recordBytes)))
  for (let run = -1; run < runs; run++) {
    const topic = `bench-${run + 1}`
    await createTopic(producer, topic)
    const produceRate = await produceAll(producer, topic, batches)
    const consumeRate = await consumeAll(consumer, topic, batches * recordsPerBatch)
    const latencies = await endToEnd(producer, consumer, topic, batches * recordsPerBatch)
    if (run < 0) continue
    produced.push(produceRate)
    consumed.push(consumeRate)
    p50.push(percentile(latencies, 0.5))
    p99.push(percentile(latencies, 0.99))
  }
  producer.close()
  consumer.close()
  return [
    measure('kafka_produce', 'MB/s, durable', produced),
    measure('kafka_consume', 'MB/s', consumed),
    measure('kafka_end_to_end_p50', 'ms', p50),
    measure('kafka_end_to_end_p99', 'ms', p99),
  ]
}

async function createTopic(connection: KafkaConnection, name: string): Promise<void> {
  const { topics } = await connection.request(createTopics, 5, {
    topics: [{ name, numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  if (topics[0]!.errorCode !== 0) throw new Error(`CreateTopics answered ${topics[0]!.errorCode}`)
}

async function send(connection: KafkaConnection, topic: string, records: Uint8Array): Promise<void> {
  const { responses } = await connection.request(produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  const { errorCode } = responses[0]!.partitionResponses[0]!
  if (errorCode !== 0) throw new Error(`Produce answered ${errorCode}`)
}

const batchOf = (records: number): Uint8Array =>
  encodeRecordBatch({
    records: Array.from({ length: records }, () => ({
      key: null,
      value: new Uint8Array(recordBytes).fill(120),
      timestampMs: Date.now(),
    })),
  })

const rate = (records: number, startedMs: number): number =>
  (records * recordBytes) / 1000 / (performance.now() - startedMs)

async function produceAll(connection: KafkaConnection, topic: string, batches: number): Promise<number> {
  const batch = batchOf(recordsPerBatch)
  const startedMs = performance.now()
  let left = batches
  const sender = async (): Promise<void> => {
    while (left-- > 0) await send(connection, topic, batch)
  }
  await Promise.all(Array.from({ length: requestsUnderWay }, sender))
  return rate(batches * recordsPerBatch, startedMs)
}

/** @returns the offset after the last record fetched */
async function fetchFrom(connection: KafkaConnection, topic: string, offset: number): Promise<number> {
  const { responses } = await connection.request(fetch, 11, {
    maxWaitMs: 5000,
    minBytes: 1,
    maxBytes: 50 * 2 ** 20,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 4 * 2 ** 20 }] }],
    forgottenTopicsData: [],
    rackId: '',
  })
  const { errorCode, records } = responses[0]!.partitions[0]!
  if (errorCode !== 0) throw new Error(`Fetch answered ${errorCode}`)
  if (!records || records.length === 0) return offset
  const split = splitRecordBatches(records)
  if (!split.ok) throw new Error('Fetch answered a damaged batch')
  const last = split.batches.at(-1)!
  return baseOffset(last) + lastOffsetDelta(last) + 1
}

async function consumeAll(connection: KafkaConnection, topic: string, records: number): Promise<number> {
  const startedMs = performance.now()
  for (let offset = 0; offset < records;) offset = await fetchFrom(connection, topic, offset)
  return rate(records, startedMs)
}

/** One record at a time, from before its produce request until a consumer that waits for it has it. */
async function endToEnd(
  producer: KafkaConnection,
  consumer: KafkaConnection,
  topic: string,
  from: number,
): Promise<number[]> {
  const latencies: number[] = []
  for (let offset = from; offset < from + latencyRecords; offset++) {
    const arrived = fetchFrom(consumer, topic, offset)
    const beforeMs = performance.now()
    const [next] = await Promise.all([arrived.then(() => performance.now()), send(producer, topic, batchOf(1))])
    latencies.push(next - beforeMs)
  }
  return latencies
}
