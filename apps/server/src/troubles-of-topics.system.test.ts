import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { temporaryDirectory, until } from '@koine/base/testing'
import { WireClient } from '@koine/gateways-kafka/testing'
import {
  createTopics,
  deleteTopics,
  errorCodes,
  fetch as fetchRecords,
  listOffsets,
  metadata,
  produce,
} from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { Kafka, logLevel } from 'kafkajs'
import { Producing, type ServerProcess, startServer } from './testing/index.ts'
import { residentBytes } from './testing/resident-bytes.ts'

const megabyte = 1024 * 1024
const opened = new AsyncDisposableStack()
let dataDir = ''
let server: ServerProcess
let port = 0
let [acme, globex] = [
  { id: '', secret: '' },
  { id: '', secret: '' },
]
let client: WireClient
/** Of another tenant than the one in trouble. */
let witness: Producing
let witnesses = 0

before(async () => {
  dataDir = opened.use(temporaryDirectory()).path
  server = opened.use(await startServer({ dataDir }))
  port = Number(server.kafka.split(':')[1])
  ;[acme, globex] = server.demo.tenants.map(({ apiKey }) => apiKey) as [typeof acme, typeof globex]
})

after(() => opened.disposeAsync())

beforeEach(async () => {
  client = await WireClient.signIn(port, acme)
  witness = await Producing.start({ port, credential: globex, topic: `witness-${witnesses++}`, valueBytes: 100 })
  await witness.goesOn()
})

afterEach(() => {
  client[Symbol.dispose]()
  witness[Symbol.dispose]()
})

const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }

/** The witness has been served all the time, as well as it may be on a machine that others use. */
async function witnessWasServed(): Promise<void> {
  await witness.goesOn()
  await witness.stop()
  assert.deepEqual([...witness.refusals], [])
  const p99Ms = witness.takeP99Ms()
  assert.ok(p99Ms < 2_000, `${p99Ms} ms`)
}

test('a thousand topics at once are all made, in bounded memory, while another tenant is served', async (t) => {
  const startBytes = residentBytes(server.pid)
  const names = Array.from({ length: 1_000 }, (_, index) => `many-${index}`)
  witness.takeP99Ms()
  const { topics } = await client.call(createTopics, 7, { topics: names.map((name) => ({ name, ...plain })) })
  assert.deepEqual([...new Set(topics.map(({ errorCode }) => errorCode))], [errorCodes.NONE])
  await witness.goesOn()
  t.diagnostic(`p99 of the other tenant: ${Math.round(witness.takeP99Ms())} ms`)
  await witnessWasServed()
  const told = await client.call(metadata, 9, { topics: names.map((name) => ({ name })) })
  assert.deepEqual([...new Set(told.topics.map(({ errorCode }) => errorCode))], [errorCodes.NONE])
  assert.equal(told.topics.length, 1_000)
  assert.equal((await produceTo('many-999')).errorCode, errorCodes.NONE)
  const grownBytes = residentBytes(server.pid) - startBytes
  t.diagnostic(`${Math.round(grownBytes / megabyte)} MB more`)
  assert.ok(grownBytes < 256 * megabyte, `${grownBytes} bytes`)
})

async function produceTo(name: string, valueBytes = 10) {
  const records = encodeRecordBatch({
    records: [{ key: null, value: Buffer.alloc(valueBytes, 'x'), timestampMs: Date.now() }],
  })
  const topicData = [{ name, partitionData: [{ index: 0, records }] }]
  const { responses } = await client.call(produce, 9, { acks: -1, timeoutMs: 5_000, topicData })
  return responses[0]!.partitionResponses[0]!
}

/** Of segments, which is where records are. */
function bytesOfLogs(): number {
  const files = readdirSync(join(dataDir, 'tenants'), { recursive: true, withFileTypes: true })
  const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return files
    .filter((entry) => entry.isFile() && entry.parentPath.includes('log'))
    .reduce((sum, { parentPath, name }) => sum + sizeOf(join(parentPath, name)), 0)
}

test('a topic deleted under load: its clients are told, everybody else goes on, and the room comes back', async (t) => {
  using beside = await Producing.start({ port, credential: acme, topic: 'beside', valueBytes: 1_000 })
  using doomed = await Producing.start({ port, credential: acme, topic: 'doomed', valueBytes: 1_000 })
  using consumer = await WireClient.signIn(port, acme)
  await doomed.goesOn()
  const startBytes = bytesOfLogs()
  for (let i = 0; i < 150; i++) assert.equal((await produceTo('doomed', 900_000)).errorCode, errorCodes.NONE)
  const fullBytes = bytesOfLogs()
  assert.ok(fullBytes > startBytes + 100 * megabyte)
  await using _group = await joined('doomed')
  // It waits at the end of the topic, for more than will ever come.
  const partitions = [{ partition: 0, fetchOffset: await endOf('doomed'), partitionMaxBytes: megabyte }]
  const topics = [{ topic: 'doomed', partitions }]
  const longPoll = { maxWaitMs: 30_000, minBytes: 50 * megabyte, maxBytes: 50 * megabyte, topics }
  consumer.send(fetchRecords, 11, longPoll)
  const deletedMs = performance.now()
  const { responses } = await client.call(deleteTopics, 5, { topicNames: ['doomed'], timeoutMs: 10_000 })
  assert.equal(responses[0]!.errorCode, errorCodes.NONE)

  await doomed.isRefused()
  assert.deepEqual([...doomed.refusals], [errorCodes.UNKNOWN_TOPIC_OR_PARTITION])
  await doomed.stop()
  // With what it had when the topic was there.
  await consumer.receive(fetchRecords, 11)
  const gone = await consumer.call(fetchRecords, 11, longPoll)
  assert.equal(gone.responses[0]!.partitions[0]!.errorCode, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  assert.ok(performance.now() - deletedMs < 20_000, 'nobody waits for what is gone')

  await until('the room comes back', () => bytesOfLogs() < fullBytes - 60 * megabyte, 40_000)
  t.diagnostic(`${Math.round(fullBytes / megabyte)} MB became ${Math.round(bytesOfLogs() / megabyte)} MB`)
  await beside.goesOn()
  await beside.stop()
  assert.deepEqual([...beside.refusals], [])
  await beside.check()
  await witnessWasServed()
  await witness.check()

  using anew = await Producing.start({ port, credential: acme, topic: 'doomed', valueBytes: 100 })
  await anew.goesOn()
  await anew.stop()
  assert.equal(anew.acknowledged.get(0), 0, 'it begins at the beginning')
  await anew.check()
})

async function endOf(name: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: -1 }]
  const { topics } = await client.call(listOffsets, 5, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions }],
  })
  return topics[0]!.partitions[0]!.offset
}

/** A member of a consumer group of kafkajs that has read something of the topic. */
async function joined(topic: string): Promise<AsyncDisposable> {
  const kafka = new Kafka({
    brokers: [server.kafka],
    sasl: { mechanism: 'plain', username: acme.id, password: acme.secret },
    logLevel: logLevel.NOTHING,
  })
  // It would make the topic anew at once otherwise, as it would in Apache Kafka.
  const member = kafka.consumer({ groupId: 'readers', allowAutoTopicCreation: false })
  let seen = 0
  await member.connect()
  await member.subscribe({ topic, fromBeginning: true })
  await member.run({
    eachMessage: () => {
      seen++
      return Promise.resolve()
    },
  })
  await until('it reads', () => seen > 0, 20_000)
  return { [Symbol.asyncDispose]: () => member.disconnect() }
}

test('a quota of zero stops one tenant’s producers and nobody else, and they go on by themselves once it is raised', async () => {
  using stopped = await Producing.start({ port, credential: acme, topic: 'stopped', valueBytes: 100 })
  await stopped.goesOn()
  await setProduceQuota(0)
  await stopped.isRefused()
  assert.deepEqual([...stopped.refusals], [errorCodes.THROTTLING_QUOTA_EXCEEDED])
  await stopped.check()
  await witnessWasServed()
  await setProduceQuota('unlimited')
  await stopped.goesOn(10, 40_000)
  await stopped.stop()
  await stopped.check()
})

async function setProduceQuota(produceBytesPerSecond: number | 'unlimited'): Promise<void> {
  const { adminToken, tenants } = server.demo
  const response = await fetch(`${server.http}/v1/tenants/${tenants[0]!.id}/quotas`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ produceBytesPerSecond }),
  })
  assert.equal(response.status, 200)
}
