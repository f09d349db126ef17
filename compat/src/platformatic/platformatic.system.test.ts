import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { until } from '@koine/base/testing'
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  type BaseOptions,
  ConfigResourceTypes,
  Consumer,
  FetchIsolationLevels,
  IncrementalAlterConfigOperationTypes,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
  type SASLMechanismValue,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { scenarios } from '../scenarios.ts'
import { type CompatServer, type Credential, platformTopic, startCompatServer } from '../server.ts'

type GroupProtocol = 'classic' | 'consumer'

scenarios({ suite: '@platformatic/kafka', version: '2.12.1', folder: import.meta.dirname }, (scenario) => {
  let server: CompatServer
  let admin: Admin
  before(async () => {
    server = await startCompatServer()
    admin = new Admin(options())
  })
  after(async () => {
    await admin.close()
    await server[Symbol.asyncDispose]()
  })

  const options = ({ id, secret }: Credential = server.acme, mechanism: SASLMechanismValue = 'PLAIN'): BaseOptions => ({
    clientId: 'compat',
    bootstrapBrokers: [server.bootstrap],
    sasl: { mechanism, username: id, password: secret },
    retries: 2,
    retryDelay: 100,
  })

  const openProducer = (transactionalId?: string) =>
    new Producer({
      ...options(),
      serializers: stringSerializers,
      autocreateTopics: true,
      ...(transactionalId !== undefined && { transactionalId, idempotent: true }),
    })

  async function send(topic: string, values: readonly string[], settings: object = {}): Promise<void> {
    const producer = openProducer()
    await producer.send({ messages: values.map((value) => ({ topic, key: value, value })), ...settings })
    await producer.close()
  }

  const openConsumer = (groupId: string, groupProtocol: GroupProtocol = 'classic') =>
    new Consumer({
      ...options(),
      groupId,
      groupProtocol: groupProtocol as 'classic', // The type of the options differs by it, theirs and ours don't.
      deserializers: stringDeserializers,
      maxWaitTime: 200,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    })

  /** Consumes in a group until so many values have come, commits and leaves. */
  async function consume(groupId: string, topic: string, count: number, protocol?: GroupProtocol): Promise<string[]> {
    const consumer = openConsumer(groupId, protocol)
    const values: string[] = []
    try {
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
      })
      stream.on('error', (error) => values.push(`failed: ${error.message}`))
      stream.on('data', (message) => {
        values.push(message.value)
        if (values.length === count) void message.commit()
      })
      await until(`${count} values have come`, () => values.length >= count, 20_000)
    } finally {
      await consumer.close(true)
    }
    return values
  }

  scenario('creates, lists, widens and deletes topics', async () => {
    const [created] = await admin.createTopics({ topics: ['made'], partitions: 2, replicas: 1 })
    assert.deepEqual([created!.name, created!.partitions, created!.replicas], ['made', 2, 1])
    await admin.createPartitions({ topics: [{ name: 'made', count: 3 }] })
    assert.equal((await admin.metadata({ topics: ['made'] })).topics.get('made')!.partitionsCount, 3)
    assert.ok((await admin.listTopics()).includes('made'))
    await assert.rejects(admin.createTopics({ topics: ['made'], partitions: 2, replicas: 1 }))
    await admin.deleteTopics({ topics: ['made'] })
    assert.ok(!(await admin.listTopics()).includes('made'))
  })

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    scenario(`consumes what it produced, compression ${compression}`, async () => {
      const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)
      await send(`in-${compression}`, values, { compression })
      assert.deepEqual(await consume(`readers-${compression}`, `in-${compression}`, 100), values)
    })
  }

  scenario('produces idempotently, and with every kind of acknowledgement', async () => {
    await send('acknowledged', ['idempotent'], { idempotent: true })
    for (const acks of [-1, 1, 0]) await send('acknowledged', [`acks ${acks}`], { acks })
    assert.deepEqual(await consume('counters', 'acknowledged', 4), ['idempotent', 'acks -1', 'acks 1', 'acks 0'])
  })

  for (const protocol of ['classic', 'consumer'] as const) {
    scenario(`goes on where a group of the ${protocol} protocol has committed`, async () => {
      const topic = `numbers-${protocol}`
      await send(topic, ['1', '2'])
      assert.deepEqual(await consume(`goers-${protocol}`, topic, 2, protocol), ['1', '2'])
      await send(topic, ['3'])
      assert.deepEqual(await consume(`goers-${protocol}`, topic, 1, protocol), ['3'])
    })

    scenario(`shares a topic between two members of a group of the ${protocol} protocol, and hands over`, async () => {
      const [topic, groupId] = [`shared-${protocol}`, `team-${protocol}`]
      await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 })
      const consumers = [openConsumer(groupId, protocol), openConsumer(groupId, protocol)]
      try {
        for (const consumer of consumers) {
          const stream = await consumer.consume({ topics: [topic], mode: 'latest' })
          stream.on('data', () => {})
        }
        const held = (index: number) => consumers[index]!.assignments?.[0]?.partitions.length
        await until('each has two partitions', () => held(0) === 2 && held(1) === 2, 20_000)
        await consumers[0]!.close(true)
        await until('the other has all four', () => held(1) === 4, 20_000)
      } finally {
        for (const consumer of consumers) await consumer.close(true)
      }
    })
  }

  scenario('lists and describes groups, lists, alters and deletes their offsets, and deletes a group', async () => {
    await send('old', ['1', '2', '3'])
    await consume('historians', 'old', 3)
    assert.equal((await admin.listGroups()).get('historians')?.state, 'Empty')
    assert.equal((await admin.describeGroups({ groups: ['historians'] })).get('historians')?.protocolType, 'consumer')
    const offset = async () => {
      const [group] = await admin.listConsumerGroupOffsets({ groups: ['historians'] })
      return group!.topics[0]?.partitions[0]?.committedOffset
    }
    assert.equal(await offset(), 3n)
    await admin.alterConsumerGroupOffsets({
      groupId: 'historians',
      topics: [{ name: 'old', partitionOffsets: [{ partition: 0, offset: 1n }] }],
    })
    assert.deepEqual(await consume('historians', 'old', 2), ['2', '3'])
    await admin.deleteConsumerGroupOffsets({ groupId: 'historians', topics: [{ name: 'old', partitionIndexes: [0] }] })
    assert.equal(await offset(), undefined)
    await admin.deleteGroups({ groups: ['historians'] })
    assert.ok(!(await admin.listGroups()).has('historians'))
  })

  scenario('finds offsets by end and by time, and deletes records', async () => {
    await send('aged', ['a', 'b', 'c'])
    const offsetAt = async (timestamp: bigint) => {
      const partitions = [{ partitionIndex: 0, timestamp }]
      const [topic] = await admin.listOffsets({ topics: [{ name: 'aged', partitions }] })
      return topic!.partitions[0]!.offset
    }
    assert.deepEqual([await offsetAt(-2n), await offsetAt(-1n), await offsetAt(1000n)], [0n, 3n, 0n])
    const [deleted] = await admin.deleteRecords({
      topics: [{ name: 'aged', partitions: [{ partition: 0, offset: 2n }] }],
    })
    assert.equal(deleted!.partitions[0]!.lowWatermark, 2n)
    assert.equal(await offsetAt(-2n), 2n)
  })

  scenario('describes and changes a topic’s settings', async () => {
    await admin.createTopics({ topics: ['tuned'], partitions: 1, replicas: 1 })
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: 'tuned' }
    const retention = async () => {
      const [described] = await admin.describeConfigs({
        resources: [{ ...resource, configurationKeys: ['retention.ms'] }],
      })
      return described!.configs[0]!.value
    }
    const { SET } = IncrementalAlterConfigOperationTypes
    const configs = [{ name: 'retention.ms', configOperation: SET, value: '60000' }]
    await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs }] })
    assert.equal(await retention(), '60000')
    await admin.alterConfigs({ resources: [{ ...resource, configs: [{ name: 'retention.ms', value: '90000' }] }] })
    assert.equal(await retention(), '90000')
  })

  scenario('creates, describes and deletes ACLs', async () => {
    const acl = {
      resourceType: ResourceTypes.TOPIC,
      resourceName: 'secret',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:somebody',
      host: '*',
      operation: AclOperations.READ,
      permissionType: AclPermissionTypes.ALLOW,
    }
    await admin.createAcls({ creations: [acl] })
    const [described] = await admin.describeAcls({ filter: acl })
    assert.equal(described!.acls[0]!.principal, 'User:somebody')
    assert.equal((await admin.deleteAcls({ filters: [acl] })).length, 1)
    assert.deepEqual(await admin.describeAcls({ filter: acl }), [])
  })

  scenario('sets and describes client quotas, and describes log directories', async () => {
    const entities = [{ entityType: 'client-id', entityName: 'slow' } as const]
    const ops = [{ key: 'producer_byte_rate', value: 1e9, remove: false } as const]
    await admin.alterClientQuotas({ entries: [{ entities, ops }] })
    const components = [{ entityType: 'client-id', matchType: 0, match: 'slow' } as const]
    const [quota] = await admin.describeClientQuotas({ components })
    assert.deepEqual(quota!.values, [{ key: 'producer_byte_rate', value: 1e9 }])
    await send('weighed', ['x'])
    const [broker] = await admin.describeLogDirs({ topics: [{ name: 'weighed', partitions: [0] }] })
    assert.ok(broker!.results[0]!.topics[0]!.partitions[0]!.partitionSize > 0n)
  })

  scenario('commits one transaction and aborts another: a read-committed consumer sees the first alone', async () => {
    const producer = openProducer('teller')
    await send('ledger', ['before'])
    for (const [value, commit] of [
      ['kept', true],
      ['dropped', false],
      ['last', true],
    ] as const) {
      const transaction = await producer.beginTransaction()
      await transaction.send({ messages: [{ topic: 'ledger', value }] })
      await (commit ? transaction.commit() : transaction.abort())
    }
    await producer.close()
    assert.deepEqual(await consume('auditors', 'ledger', 3), ['before', 'kept', 'last'])
  })

  scenario('commits a group’s offset with a transaction', async () => {
    await send('orders', ['1', '2'])
    await send('parcels', ['before'])
    const producer = openProducer('shipper')
    const consumer = openConsumer('shippers')
    const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest', autocommit: false })
    const messages = stream[Symbol.asyncIterator]()
    const { value: message } = await messages.next()
    assert.ok(message)
    const transaction = await producer.beginTransaction()
    await transaction.addConsumer(consumer)
    await transaction.send({ messages: [{ topic: 'parcels', value: `parcel ${message.value}` }] })
    await transaction.addOffset(message)
    await transaction.commit()
    await consumer.close(true)
    await producer.close()
    assert.deepEqual(await consume('parcel-readers', 'parcels', 2), ['before', 'parcel 1'])
    assert.deepEqual(await consume('shippers', 'orders', 1), ['2'])
  })

  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    scenario(`authenticates with ${mechanism}, and is refused with a wrong secret`, async () => {
      const known = new Admin(options(server.acme, mechanism))
      assert.ok((await known.listTopics()).includes(platformTopic))
      await known.close()
      const stranger = new Admin(options({ id: server.acme.id, secret: 'wrong' }, mechanism))
      await assert.rejects(stranger.listTopics())
      await stranger.close()
    })
  }

  scenario('sees nothing of another tenant', async () => {
    await send('private', ['ours'])
    const other = new Admin(options(server.globex))
    assert.deepEqual(await other.listTopics(), [platformTopic])
    await assert.rejects(other.metadata({ topics: ['private'] }))
    await other.close()
  })
})
