import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  alterClientQuotas,
  alterConfigs,
  createTopics,
  describeClientQuotas,
  describeConfigs,
  errorCodes,
  incrementalAlterConfigs,
} from '@koine/protocols-kafka'
import { scopeTo } from '@koine/stores-ports'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

const types = { topic: 2, broker: 4, logger: 8, clientMetrics: 16, group: 32 }
const operations = { set: 0, delete: 1, append: 2, subtract: 3 }

async function signedIn() {
  const server = await gatewayFixture()
  const client = await WireClient.signIn(server.port, server.acme)
  await client.call(createTopics, 7, {
    topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  })
  const describe = async (resourceType: number, resourceName: string, configurationKeys: string[] | null = null) => {
    const resources = [{ resourceType, resourceName, configurationKeys }]
    const wants = { includeSynonyms: true, includeDocumentation: true }
    return (await client.call(describeConfigs, 4, { resources, ...wants })).results[0]!
  }
  const valueOf = async (name: string) => (await describe(types.topic, 't', [name])).configs[0]!.value
  type Entry = readonly [name: string, operation: keyof typeof operations, value: string | null]
  const change = async (entries: readonly Entry[], [type, name]: readonly [number, string] = [types.topic, 't']) => {
    const configs = entries.map(([name, operation, value]) => ({ name, configOperation: operations[operation], value }))
    const resources = [{ resourceType: type, resourceName: name, configs }]
    return (await client.call(incrementalAlterConfigs, 1, { resources, validateOnly: false })).responses[0]!
  }
  const dispose = async (): Promise<void> => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, client, describe, valueOf, change, [Symbol.asyncDispose]: dispose }
}

test('a topic’s settings are changed one by one', async () => {
  await using it = await signedIn()
  assert.equal(
    (
      await it.change([
        ['retention.ms', 'set', '5'],
        ['flush.ms', 'set', '7'],
      ])
    ).errorCode,
    errorCodes.NONE,
  )
  assert.equal((await it.change([['retention.ms', 'delete', null]])).errorCode, errorCodes.NONE)
  assert.deepEqual([await it.valueOf('retention.ms'), await it.valueOf('flush.ms')], ['604800000', '7'])
  await it.change([['cleanup.policy', 'append', 'compact']])
  assert.equal(await it.valueOf('cleanup.policy'), 'delete,compact')
  await it.change([['cleanup.policy', 'subtract', 'delete']])
  assert.equal(await it.valueOf('cleanup.policy'), 'compact')
  await it.change([['message.timestamp.type', 'set', 'LogAppendTime']])
  assert.equal(await it.valueOf('message.timestamp.type'), 'LogAppendTime')
})

const refusals: readonly [
  what: string,
  entry: readonly [string, keyof typeof operations, string | null],
  errorCode: number,
  message?: RegExp,
][] = [
  ['an unknown setting', ['no.such', 'set', '1'], errorCodes.INVALID_CONFIG, /Unknown topic config name: no\.such/],
  ['text for a number', ['retention.ms', 'set', 'x'], errorCodes.INVALID_CONFIG, /Not a number of type LONG/],
  ['a value that is too small', ['segment.bytes', 'set', '1'], errorCodes.INVALID_CONFIG, /at least 1048576/],
  ['a value that is too large', ['segment.bytes', 'set', '9999999999'], errorCodes.INVALID_CONFIG, /of type INT/],
  ['an unknown policy', ['cleanup.policy', 'append', 'burn'], errorCodes.INVALID_CONFIG, /must be one of/],
  ['appending to a number', ['retention.ms', 'append', '1'], errorCodes.INVALID_CONFIG, /not LIST/],
  ['no value', ['retention.ms', 'set', null], errorCodes.INVALID_REQUEST],
  ['a codec', ['compression.type', 'set', 'gzip'], errorCodes.INVALID_CONFIG, /only 'producer'/],
  ['remote storage', ['remote.storage.enable', 'set', 'true'], errorCodes.INVALID_CONFIG, /blob store/],
]

for (const [what, entry, errorCode, message] of refusals) {
  test(`a change is refused for ${what}, with all that came with it`, async () => {
    await using it = await signedIn()
    const answer = await it.change([['flush.ms', 'set', '7'], entry])
    assert.equal(answer.errorCode, errorCode)
    if (message) assert.match(answer.errorMessage!, message)
    assert.notEqual(await it.valueOf('flush.ms'), '7')
  })
}

test('altering all settings at once gives those that aren’t named their defaults back', async () => {
  await using it = await signedIn()
  await it.change([['retention.ms', 'set', '5']])
  const alter = async (configs: readonly { name: string; value: string }[], validateOnly: boolean) => {
    const resources = [{ resourceType: types.topic, resourceName: 't', configs }]
    return (await it.client.call(alterConfigs, 2, { resources, validateOnly })).responses[0]!.errorCode
  }
  assert.equal(await alter([{ name: 'flush.ms', value: '7' }], true), errorCodes.NONE)
  assert.equal(await it.valueOf('retention.ms'), '5')
  assert.equal(await alter([{ name: 'flush.ms', value: '7' }], false), errorCodes.NONE)
  assert.deepEqual([await it.valueOf('retention.ms'), await it.valueOf('flush.ms')], ['604800000', '7'])
})

test('a resource named twice is refused, and so is one that isn’t there', async () => {
  await using it = await signedIn()
  const resource = { resourceType: types.topic, resourceName: 't', configs: [] }
  const { responses } = await it.client.call(incrementalAlterConfigs, 1, {
    resources: [resource, resource, { ...resource, resourceName: 'absent' }, { ...resource, resourceName: 'a/b' }],
    validateOnly: false,
  })
  assert.deepEqual(
    responses.map(({ errorCode }) => errorCode),
    [errorCodes.INVALID_REQUEST, errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorCodes.INVALID_TOPIC_EXCEPTION],
  )
})

test('concurrent changes of a topic don’t undo each other', async () => {
  await using it = await signedIn()
  const names = ['retention.ms', 'flush.ms', 'segment.ms', 'delete.retention.ms', 'file.delete.delay.ms']
  const scope = scopeTo(it.server.stores, it.server.acme.tenantId)
  await Promise.all(
    names.map((name) =>
      it.server.streams.catalog.changeSettings(scope, {
        name: 't',
        change: { alter: [{ name, operation: 'set', value: '77' }] },
      }),
    ),
  )
  for (const name of names) assert.equal(await it.valueOf(name), '77')
})

test('a setting tells where its value comes from, its type and what it is for', async () => {
  await using it = await signedIn()
  await it.change([['retention.ms', 'set', '5']])
  const { configs } = await it.describe(types.topic, 't', ['retention.ms'])
  assert.deepEqual(
    configs[0]!.synonyms.map(({ name, value, source }) => [name, value, source]),
    [
      ['retention.ms', '5', 1],
      ['log.retention.hours', '168', 5],
    ],
  )
  assert.equal(configs[0]!.configType, 5)
  assert.match(configs[0]!.documentation!, /records/)
})

test('the broker’s settings can be read and not altered', async () => {
  await using it = await signedIn()
  const { configs, errorCode } = await it.describe(types.broker, '1')
  assert.equal(errorCode, errorCodes.NONE)
  assert.ok(configs.every(({ readOnly }) => readOnly))
  assert.equal(configs.find(({ name }) => name === 'auto.create.topics.enable')?.value, 'true')
  assert.equal(new Set(configs.map(({ name }) => name)).size, configs.length)
  assert.deepEqual((await it.describe(types.broker, '')).configs, [])
  assert.equal((await it.describe(types.broker, '7')).errorCode, errorCodes.INVALID_REQUEST)
  assert.equal((await it.describe(types.logger, '1')).errorCode, errorCodes.INVALID_REQUEST)
  const altered = await it.change([['log.retention.ms', 'set', '5']], [types.broker, '1'])
  assert.equal(altered.errorCode, errorCodes.POLICY_VIOLATION)
})

test('a group has settings of its own, within the broker’s bounds', async () => {
  await using it = await signedIn()
  const set = (name: string, value: string) => it.change([[name, 'set', value]], [types.group, 'g'])
  assert.equal((await set('consumer.session.timeout.ms', '50000')).errorCode, errorCodes.NONE)
  assert.equal((await set('consumer.session.timeout.ms', '1')).errorCode, errorCodes.INVALID_CONFIG)
  assert.equal((await set('retention.ms', '1')).errorCode, errorCodes.INVALID_CONFIG)
  const { configs } = await it.describe(types.group, 'g')
  assert.deepEqual(
    configs.map(({ name, value, configSource }) => [name, value, configSource]),
    [
      ['consumer.heartbeat.interval.ms', '5000', 5],
      ['consumer.session.timeout.ms', '50000', 8],
    ],
  )
  const scope = scopeTo(it.server.stores, it.server.acme.tenantId)
  assert.deepEqual(await it.server.streams.groupSettings.of(scope, 'g'), {
    sessionTimeoutMs: 50_000,
    heartbeatIntervalMs: 5_000,
  })
})

test('quotas are kept by entity and found by filter', async () => {
  await using it = await signedIn()
  const user = (name: string | null) => ({ entityType: 'user', entityName: name })
  const clientId = (name: string | null) => ({ entityType: 'client-id', entityName: name })
  type Part = ReturnType<typeof user>
  const alter = async (entity: readonly Part[], key: string, value: number, remove = false) => {
    const entries = [{ entity, ops: [{ key, value, remove }] }]
    return (await it.client.call(alterClientQuotas, 1, { entries, validateOnly: false })).entries[0]!.errorCode
  }
  const find = async (components: readonly (readonly [string, number, string | null])[], strict = false) => {
    const asked = components.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
    const answer = await it.client.call(describeClientQuotas, 1, { components: asked, strict })
    if (answer.errorCode) return answer.errorCode
    return answer.entries!.map(({ entity, values }) => [
      entity.map(({ entityName }) => entityName).join('/'),
      values.map(({ key, value }) => `${key}=${value}`).join(' '),
    ])
  }
  assert.equal(await alter([user('ada')], 'producer_byte_rate', 100), errorCodes.NONE)
  assert.equal(await alter([user(null)], 'request_percentage', 12.5), errorCodes.NONE)
  assert.equal(await alter([user('ada'), clientId('app')], 'consumer_byte_rate', 5), errorCodes.NONE)
  assert.deepEqual(await find([['user', 0, 'ada']], true), [['ada', 'producer_byte_rate=100']])
  assert.deepEqual(await find([['user', 1, null]]), [['', 'request_percentage=12.5']])
  assert.equal(((await find([['user', 2, null]])) as unknown[]).length, 3)
  assert.equal(((await find([])) as unknown[]).length, 3)
  assert.equal(await alter([user('ada')], 'producer_byte_rate', 0, true), errorCodes.NONE)
  assert.deepEqual(await find([['user', 0, 'ada']], true), [])
  assert.equal(await find([['user', 0, null]]), errorCodes.INVALID_REQUEST)
  assert.equal(await find([['planet', 2, null]]), errorCodes.UNSUPPORTED_VERSION)
  for (const [entity, key, value] of [
    [[user('ada')], 'connection_creation_rate', 5],
    [[user('ada')], 'producer_byte_rate', 0],
    [[user('ada')], 'producer_byte_rate', 1.5],
    [[user('')], 'producer_byte_rate', 5],
    [[], 'producer_byte_rate', 5],
    [[{ entityType: 'ip', entityName: 'not an address' }], 'connection_creation_rate', 5],
    [[{ entityType: 'ip', entityName: '::1' }, user('ada')], 'connection_creation_rate', 5],
  ] as const) {
    assert.equal(
      await alter(entity, key, value),
      errorCodes.INVALID_REQUEST,
      `${JSON.stringify(entity)} ${key} ${value}`,
    )
  }
})
