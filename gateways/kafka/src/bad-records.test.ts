import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addPartitionsToTxn,
  createTopics,
  deleteRecords,
  endTxn,
  errorCodes,
  fetch,
  initProducerId,
  listOffsets,
  produce,
} from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { gatewayFixture } from './testing/gateway-fixture.ts'
import { WireClient } from './testing/wire-client.ts'

const produceVersion = 9
const fetchVersionByName = 12
const records = [{ key: null, value: Buffer.from('value'), timestampMs: 1_000 }]
const good = encodeRecordBatch({ records })

/** The batch with the byte at that place changed. */
function changed(at: number, to: (byte: number) => number): Uint8Array {
  const batch = Buffer.from(good)
  batch[at] = to(batch[at]!)
  return batch
}

async function withLog() {
  const server = await gatewayFixture()
  const client = await WireClient.signIn(server.port, server.acme)
  const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  await client.call(createTopics, 7, { topics: [{ name: 'log', ...plain }] })
  const send = async (batch: Uint8Array, transactionalId: string | null = null): Promise<number> => {
    const topicData = [{ name: 'log', partitionData: [{ index: 0, records: batch }] }]
    const answer = await client.call(produce, produceVersion, {
      transactionalId,
      acks: -1,
      timeoutMs: 1_000,
      topicData,
    })
    return answer.responses[0]!.partitionResponses[0]!.errorCode
  }
  const fetchFrom = async (fetchOffset: number, isolationLevel = 0) => {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }]
    const topics = [{ topic: 'log', partitions }]
    const { responses } = await client.call(fetch, fetchVersionByName, {
      maxWaitMs: 0,
      minBytes: 0,
      isolationLevel,
      topics,
    })
    return responses[0]!.partitions[0]!
  }
  const all = new AsyncDisposableStack()
  all.use(server)
  all.use(client)
  return { client, send, fetchFrom, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const [magicAt, attributesAt, checksumAt] = [16, 22, 17]

const batches: readonly [what: string, batch: Uint8Array, code: number][] = [
  ['whose checksum is another', changed(checksumAt, (byte) => byte ^ 1), errorCodes.CORRUPT_MESSAGE],
  ['with a bit of a record flipped', changed(good.length - 3, (byte) => byte ^ 1), errorCodes.CORRUPT_MESSAGE],
  ['with attributes changed', changed(attributesAt, (byte) => byte ^ 8), errorCodes.CORRUPT_MESSAGE],
  ['that is cut short', good.subarray(0, good.length - 1), errorCodes.CORRUPT_MESSAGE],
  ['cut within its header', good.subarray(0, 40), errorCodes.CORRUPT_MESSAGE],
  ['of an older format', changed(magicAt, () => 1), errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT],
  ['of a format to come', changed(magicAt, () => 3), errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT],
  ['that is followed by garbage', Buffer.concat([good, Buffer.alloc(100, 0x5a)]), errorCodes.CORRUPT_MESSAGE],
]

for (const [what, batch, code] of batches) {
  test(`a batch ${what} is refused, and nothing of it is kept`, async () => {
    await using log = await withLog()
    assert.equal(await log.send(batch), code)
    assert.equal((await log.fetchFrom(0)).highWatermark, 0)
    assert.equal(await log.send(good), errorCodes.NONE)
    assert.equal((await log.fetchFrom(0)).highWatermark, 1)
  })
}

test('offsets out of range are told as such, however far', async () => {
  await using log = await withLog()
  await log.send(good)
  for (const offset of [2, -1, -2, 2 ** 53, 2 ** 63, -(2 ** 63)]) {
    for (const isolation of [0, 1]) {
      assert.equal((await log.fetchFrom(offset, isolation)).errorCode, errorCodes.OFFSET_OUT_OF_RANGE, `${offset}`)
    }
  }
  assert.equal((await log.fetchFrom(1)).errorCode, errorCodes.NONE)
  for (const offset of [2, -2, 2 ** 53, 2 ** 63]) {
    const topics = [{ name: 'log', partitions: [{ partitionIndex: 0, offset }] }]
    const deleted = await log.client.call(deleteRecords, 2, { topics, timeoutMs: 1_000 })
    assert.equal(deleted.topics[0]!.partitions[0]!.errorCode, errorCodes.OFFSET_OUT_OF_RANGE, `${offset}`)
  }
  for (const timestamp of [2 ** 53, 2 ** 63]) {
    const topics = [{ name: 'log', partitions: [{ partitionIndex: 0, timestamp }] }]
    const listed = await log.client.call(listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics })
    const { errorCode, offset } = listed.topics[0]!.partitions[0]!
    assert.deepEqual({ errorCode, offset }, { errorCode: errorCodes.NONE, offset: -1 }, `${timestamp}`)
  }
})

test('a sequence number that leaves a gap is refused, one that repeats is not appended again', async () => {
  await using log = await withLog()
  const plain = { transactionalId: null, transactionTimeoutMs: 60_000 }
  const producer = await log.client.call(initProducerId, 4, plain)
  const numbered = (baseSequence: number, producerEpoch = producer.producerEpoch): Uint8Array =>
    encodeRecordBatch({ records, producerId: producer.producerId, producerEpoch, baseSequence })
  assert.equal(await log.send(numbered(0)), errorCodes.NONE)
  assert.equal(await log.send(numbered(0)), errorCodes.NONE)
  assert.equal(await log.send(numbered(2)), errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  assert.equal(await log.send(numbered(1)), errorCodes.NONE)
  assert.equal(await log.send(numbered(0, producer.producerEpoch + 1)), errorCodes.NONE)
  assert.equal(await log.send(numbered(2)), errorCodes.INVALID_PRODUCER_EPOCH)
  assert.equal((await log.fetchFrom(0)).highWatermark, 3)
})

test('a zombie of a transactional producer neither writes nor ends what its successor has begun', async () => {
  await using log = await withLog()
  const asked = { transactionalId: 'payments', transactionTimeoutMs: 60_000 }
  const zombie = await log.client.call(initProducerId, 4, asked)
  const successor = await log.client.call(initProducerId, 4, asked)
  const add = async ({ producerId, producerEpoch }: typeof zombie): Promise<number> => {
    const answer = await log.client.call(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'payments',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 'log', partitions: [0] }],
    })
    return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode
  }
  const batchOf = ({ producerId, producerEpoch }: typeof zombie): Uint8Array =>
    encodeRecordBatch({ records, producerId, producerEpoch, baseSequence: 0, isTransactional: true })
  const end = async ({ producerId, producerEpoch }: typeof zombie): Promise<number> => {
    const answer = await log.client.call(endTxn, 3, {
      transactionalId: 'payments',
      producerId,
      producerEpoch,
      committed: true,
    })
    return answer.errorCode
  }
  assert.equal(await add(successor), errorCodes.NONE)
  assert.equal(await add(zombie), errorCodes.PRODUCER_FENCED)
  assert.equal(await log.send(batchOf(zombie), 'payments'), errorCodes.INVALID_PRODUCER_EPOCH)
  assert.equal(await end(zombie), errorCodes.PRODUCER_FENCED)
  assert.equal(await log.send(batchOf(successor), 'payments'), errorCodes.NONE)
  assert.equal(await end(successor), errorCodes.NONE)
})
