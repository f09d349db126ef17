import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '@koine/base/testing'
import kafkajs, { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { type Credential, type InProcessServer, startInProcess } from '../in-process-server.ts'

// Node doesn't see this one among the names that kafkajs's CommonJS exports.
const { ConfigResourceTypes } = kafkajs

const clientOf = (port: number, { id, secret }: Credential): Kafka =>
  new Kafka({
    clientId: 'compat',
    brokers: [`127.0.0.1:${port}`],
    sasl: { mechanism: 'plain', username: id, password: secret },
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  })

describe('kafkajs', () => {
  let server: InProcessServer
  let kafka: Kafka
  before(async () => {
    server = await startInProcess()
    kafka = clientOf(server.port, server.acme)
  })
  after(() => server[Symbol.asyncDispose]())

  async function send(topic: string, values: readonly string[], options: object = {}): Promise<void> {
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: values.map((value) => ({ key: value, value })), ...options })
    await producer.disconnect()
  }

  /** Consumes in a group until so many values have come, then stops as a consumer does that is shut down. */
  async function consume(groupId: string, topic: string, count: number): Promise<string[]> {
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 })
    const values: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) })
    await until(`${count} values have come`, () => values.length >= count)
    await consumer.disconnect()
    return values
  }

  test('creates, lists, describes and deletes topics', async () => {
    const admin = kafka.admin()
    await admin.connect()
    const entries = [{ name: 'retention.ms', value: '60000' }]
    assert.equal(
      await admin.createTopics({ topics: [{ topic: 'made', numPartitions: 3, configEntries: entries }] }),
      true,
    )
    assert.equal(await admin.createTopics({ topics: [{ topic: 'made' }] }), false)
    assert.deepEqual((await admin.listTopics()).sort(), [server.platformTopic, 'made'])
    const { topics } = await admin.fetchTopicMetadata({ topics: ['made'] })
    assert.equal(topics[0]!.partitions.length, 3)
    const described = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'made', configNames: ['retention.ms'] }],
      includeSynonyms: false,
    })
    assert.equal(described.resources[0]!.configEntries[0]!.configValue, '60000')
    await admin.deleteTopics({ topics: ['made'] })
    assert.deepEqual(await admin.listTopics(), [server.platformTopic])
    await assert.rejects(admin.createTopics({ topics: [{ topic: 'not/a/name' }] }), /Topic creation errors/)
    await assert.rejects(admin.createTopics({ topics: [{ topic: 'koine.forged' }] }), /Topic creation errors/)
    await admin.disconnect()
  })

  test('produces and consumes in a group, keys and values intact', async () => {
    await send('letters', ['a', 'b', 'c'])
    assert.deepEqual(await consume('readers', 'letters', 3), ['a', 'b', 'c'])
  })

  test('goes on where the group has committed, over a restart of its consumer', async () => {
    await send('numbers', ['1', '2'])
    assert.deepEqual(await consume('counters', 'numbers', 2), ['1', '2'])
    await send('numbers', ['3'])
    assert.deepEqual(await consume('counters', 'numbers', 1), ['3'])
    const admin = kafka.admin()
    await admin.connect()
    const [topic] = await admin.fetchOffsets({ groupId: 'counters', topics: ['numbers'] })
    assert.deepEqual(
      topic!.partitions.map(({ offset }) => offset),
      ['3'],
    )
    await admin.disconnect()
  })

  test('shares a topic between two members of a group, and hands over when one leaves', async () => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'shared', numPartitions: 4 }] })
    const assigned: number[][] = []
    const consumers = await Promise.all(
      [0, 1].map(async (index) => {
        const consumer = kafka.consumer({ groupId: 'team', heartbeatInterval: 200, maxWaitTimeInMs: 200 })
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
          assigned[index] = payload.memberAssignment['shared'] ?? []
        })
        await consumer.connect()
        await consumer.subscribe({ topics: ['shared'] })
        await consumer.run({ eachMessage: async () => {} })
        return consumer
      }),
    )
    await until('each has two partitions', () => assigned[0]?.length === 2 && assigned[1]?.length === 2)
    const { groups } = await admin.describeGroups(['team'])
    assert.equal(groups[0]!.state, 'Stable')
    assert.equal(groups[0]!.members.length, 2)
    await consumers[0]!.disconnect()
    await until('the other has all four', () => assigned[1]?.length === 4)
    await consumers[1]!.disconnect()
    await admin.deleteTopics({ topics: ['shared'] })
    await admin.disconnect()
  })

  test('compresses with gzip', async () => {
    const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
    await send('zipped', values, { compression: CompressionTypes.GZIP })
    assert.deepEqual(await consume('unzippers', 'zipped', 100), values)
  })

  test('produces idempotently', async () => {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const value of ['x', 'y', 'z']) await producer.send({ topic: 'once', messages: [{ value }] })
    await producer.disconnect()
    assert.deepEqual(await consume('once-readers', 'once', 3), ['x', 'y', 'z'])
  })

  test('lists groups, finds offsets, resets them, and deletes a group', async () => {
    await send('old', ['1', '2', '3'])
    await consume('historians', 'old', 3)
    const admin = kafka.admin()
    await admin.connect()
    const { groups } = await admin.listGroups()
    assert.ok(groups.some(({ groupId }) => groupId === 'historians'))
    const [offsets] = await admin.fetchTopicOffsets('old')
    assert.deepEqual([offsets!.low, offsets!.high], ['0', '3'])
    await admin.setOffsets({ groupId: 'historians', topic: 'old', partitions: [{ partition: 0, offset: '1' }] })
    assert.deepEqual(await consume('historians', 'old', 2), ['2', '3'])
    const [deleted] = await admin.deleteGroups(['historians'])
    assert.equal(deleted!.errorCode, 0)
    await admin.disconnect()
    assert.deepEqual(await consume('historians', 'old', 3), ['1', '2', '3'])
  })

  test('sees nothing of another tenant', async () => {
    await send('private', ['ours'])
    const admin = clientOf(server.port, server.globex).admin()
    await admin.connect()
    assert.deepEqual(await admin.listTopics(), [])
    await assert.rejects(admin.fetchTopicOffsets('private'))
    await admin.disconnect()
  })

  test('is refused with a wrong secret', async () => {
    const admin = clientOf(server.port, { id: server.acme.id, secret: 'wrong' }).admin()
    await assert.rejects(admin.connect(), /SASL/)
  })
})
