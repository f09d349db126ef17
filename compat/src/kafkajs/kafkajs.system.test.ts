import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { until } from '@koine/base/testing'
import kafkajs, { CompressionTypes, Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { scenarios } from '../scenarios.ts'
import { type CompatServer, type Credential, platformTopic, startCompatServer } from '../server.ts'

// Node doesn't see these among the names that kafkajs's CommonJS exports.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } = kafkajs

type Mechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

const clientOf = (bootstrap: string, { id, secret }: Credential, mechanism: Mechanism = 'plain'): Kafka =>
  new Kafka({
    clientId: 'compat',
    brokers: [bootstrap],
    sasl: { mechanism, username: id, password: secret } as SASLOptions,
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  })

scenarios({ suite: 'kafkajs', version: '2.2.4', folder: import.meta.dirname }, (scenario) => {
  let server: CompatServer
  let kafka: Kafka
  before(async () => {
    server = await startCompatServer()
    kafka = clientOf(server.bootstrap, server.acme)
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

  scenario('creates, lists, describes and deletes topics', async () => {
    const admin = kafka.admin()
    await admin.connect()
    const entries = [{ name: 'retention.ms', value: '60000' }]
    assert.equal(
      await admin.createTopics({ topics: [{ topic: 'made', numPartitions: 3, configEntries: entries }] }),
      true,
    )
    assert.equal(await admin.createTopics({ topics: [{ topic: 'made' }] }), false)
    assert.deepEqual((await admin.listTopics()).sort(), [platformTopic, 'made'])
    const { topics } = await admin.fetchTopicMetadata({ topics: ['made'] })
    assert.equal(topics[0]!.partitions.length, 3)
    const described = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'made', configNames: ['retention.ms'] }],
      includeSynonyms: false,
    })
    assert.equal(described.resources[0]!.configEntries[0]!.configValue, '60000')
    await admin.deleteTopics({ topics: ['made'] })
    assert.deepEqual(await admin.listTopics(), [platformTopic])
    await assert.rejects(admin.createTopics({ topics: [{ topic: 'not/a/name' }] }), /Topic creation errors/)
    await assert.rejects(admin.createTopics({ topics: [{ topic: 'koine.forged' }] }), /Topic creation errors/)
    await admin.disconnect()
  })

  scenario('produces and consumes in a group, keys and values intact', async () => {
    await send('letters', ['a', 'b', 'c'])
    assert.deepEqual(await consume('readers', 'letters', 3), ['a', 'b', 'c'])
  })

  scenario('goes on where the group has committed, over a restart of its consumer', async () => {
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

  scenario('shares a topic between two members of a group, and hands over when one leaves', async () => {
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

  scenario('compresses with gzip', async () => {
    const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
    await send('zipped', values, { compression: CompressionTypes.GZIP })
    assert.deepEqual(await consume('unzippers', 'zipped', 100), values)
  })

  scenario('produces idempotently', async () => {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const value of ['x', 'y', 'z']) await producer.send({ topic: 'once', messages: [{ value }] })
    await producer.disconnect()
    assert.deepEqual(await consume('once-readers', 'once', 3), ['x', 'y', 'z'])
  })

  scenario('lists groups, finds offsets, resets them, and deletes a group', async () => {
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

  scenario('sees nothing of another tenant', async () => {
    await send('private', ['ours'])
    const admin = clientOf(server.bootstrap, server.globex).admin()
    await admin.connect()
    assert.deepEqual(await admin.listTopics(), [platformTopic])
    await assert.rejects(admin.fetchTopicOffsets('private'))
    await admin.disconnect()
  })

  scenario('is refused with a wrong secret', async () => {
    const admin = clientOf(server.bootstrap, { id: server.acme.id, secret: 'wrong' }).admin()
    await assert.rejects(admin.connect(), /SASL/)
  })

  scenario('commits one transaction and aborts another: a consumer sees the first alone', async () => {
    const producer = kafka.producer({ transactionalId: 'teller', maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    const kept = await producer.transaction()
    await kept.send({ topic: 'ledger', messages: [{ value: 'kept' }] })
    await kept.commit()
    const dropped = await producer.transaction()
    await dropped.send({ topic: 'ledger', messages: [{ value: 'dropped' }] })
    await dropped.abort()
    const last = await producer.transaction()
    await last.send({ topic: 'ledger', messages: [{ value: 'last' }] })
    await last.commit()
    await producer.disconnect()
    assert.deepEqual(await consume('auditors', 'ledger', 2), ['kept', 'last'])
  })

  scenario('commits a group’s offsets with a transaction, and not with an aborted one', async () => {
    await send('orders', ['1', '2', '3'])
    const producer = kafka.producer({ transactionalId: 'shipper', maxInFlightRequests: 1, idempotent: true })
    const admin = kafka.admin()
    await producer.connect()
    await admin.connect()
    for (const [offset, commit] of [
      ['2', true],
      ['3', false],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 'parcels', messages: [{ value: offset }] })
      const topics = [{ topic: 'orders', partitions: [{ partition: 0, offset }] }]
      await transaction.sendOffsets({ consumerGroupId: 'shippers', topics })
      await (commit ? transaction.commit() : transaction.abort())
    }
    const [fetched] = await admin.fetchOffsets({ groupId: 'shippers', topics: ['orders'] })
    assert.equal(fetched!.partitions[0]!.offset, '2')
    await producer.disconnect()
    await admin.disconnect()
    assert.deepEqual(await consume('shippers', 'orders', 1), ['3'])
  })

  scenario('fences the producer whose transactional id another one has taken over', async () => {
    const [first, second] = [0, 1].map(() =>
      kafka.producer({ transactionalId: 'one-alone', maxInFlightRequests: 1, idempotent: true }),
    )
    await first!.connect()
    const zombie = await first!.transaction()
    await zombie.send({ topic: 'fenced', messages: [{ value: 'by the zombie' }] })
    await second!.connect()
    const living = await second!.transaction()
    await living.send({ topic: 'fenced', messages: [{ value: 'by the living' }] })
    await living.commit()
    await assert.rejects(zombie.commit(), /epoch|fenced/i)
    await Promise.all([first!.disconnect(), second!.disconnect()])
    assert.deepEqual(await consume('watchers', 'fenced', 1), ['by the living'])
  })

  for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
    scenario(`authenticates with ${mechanism}, and is refused with a wrong secret`, async () => {
      const admin = clientOf(server.bootstrap, server.acme, mechanism).admin()
      await admin.connect()
      assert.ok((await admin.listTopics()).includes(platformTopic))
      await admin.disconnect()
      const wrong = clientOf(server.bootstrap, { id: server.acme.id, secret: 'wrong' }, mechanism).admin()
      await assert.rejects(wrong.connect(), /SASL/)
    })
  }

  scenario('describes and changes settings, adds partitions, and deletes records', async () => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'altered', numPartitions: 1 }] })
    await admin.createPartitions({ topicPartitions: [{ topic: 'altered', count: 3 }] })
    const { topics } = await admin.fetchTopicMetadata({ topics: ['altered'] })
    assert.equal(topics[0]!.partitions.length, 3)
    const configEntries = [{ name: 'retention.ms', value: '120000' }]
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'altered', configEntries }],
    })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'altered', configNames: ['retention.ms'] }],
    })
    assert.equal(resources[0]!.configEntries[0]!.configValue, '120000')
    const producer = kafka.producer()
    await producer.connect()
    const messages = ['0', '1', '2'].map((value) => ({ partition: 0, value }))
    await producer.send({ topic: 'altered', messages })
    await producer.disconnect()
    await admin.deleteTopicRecords({ topic: 'altered', partitions: [{ partition: 0, offset: '2' }] })
    const offsets = await admin.fetchTopicOffsets('altered')
    assert.equal(offsets.find(({ partition }) => partition === 0)!.low, '2')
    await admin.disconnect()
  })

  scenario('creates, describes and deletes ACLs', async () => {
    const admin = kafka.admin()
    await admin.connect()
    const entry = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 'secret',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:somebody',
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
    }
    await admin.createAcls({ acl: [entry] })
    const filter = { ...entry, principal: undefined, host: undefined }
    const described = await admin.describeAcls(filter)
    assert.equal(described.resources[0]!.acls[0]!.principal, 'User:somebody')
    const deleted = await admin.deleteAcls({ filters: [filter] })
    assert.equal(deleted.filterResponses[0]!.matchingAcls.length, 1)
    assert.deepEqual((await admin.describeAcls(filter)).resources, [])
    await admin.disconnect()
  })
})
