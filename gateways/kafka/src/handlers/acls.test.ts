import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  alterUserScramCredentials,
  createAcls,
  deleteAcls,
  describeAcls,
  describeUserScramCredentials,
  errorCodes,
  fetch,
  metadata,
  produce,
} from '@koine/protocols-kafka'
import { batchOf, type GatewayFixture, gatewayFixture } from '../testing/gateway-fixture.ts'
import { makeUser } from '../testing/make-user.ts'
import { WireClient } from '../testing/wire-client.ts'

const [topic, cluster] = [2, 4]
const [literal, prefixed] = [3, 4]
const [read, write, alter, describe] = [3, 4, 7, 8]
const [deny, allow] = [2, 3]
const any = 1
const match = 2

const creation = (fields: object = {}) => ({
  resourceType: topic,
  resourceName: 'orders',
  resourcePatternType: literal,
  principal: 'Scope:orders-service',
  host: '*',
  operation: read,
  permissionType: allow,
  ...fields,
})
const filter = (fields: object = {}) => ({
  resourceTypeFilter: any,
  resourceNameFilter: null,
  patternTypeFilter: any,
  principalFilter: null,
  hostFilter: null,
  operation: any,
  permissionType: any,
  ...fields,
})
const allow1 = async (client: WireClient, ...creations: ReturnType<typeof creation>[]): Promise<number[]> => {
  const { results } = await client.call(createAcls, 3, { creations })
  return results.map(({ errorCode }) => errorCode)
}
const orders = (records: Uint8Array) => ({
  acks: -1,
  timeoutMs: 1_000,
  topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }],
})
const produced = async (client: WireClient): Promise<number> => {
  const answer = await client.call(produce, 9, orders(batchOf('x')))
  return answer.responses[0]!.partitionResponses[0]!.errorCode
}
const fetched = async (client: WireClient): Promise<number> => {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }
  const answer = await client.call(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: 'orders', partitions: [partition] }],
  })
  return answer.responses[0]?.partitions[0]?.errorCode ?? -2
}

/** An admin with a topic, and a key that may nothing. */
async function withScopedKey(server: GatewayFixture) {
  const admin = await WireClient.signIn(server.port, server.acme)
  await admin.call(metadata, 9, { topics: [{ name: 'orders' }] })
  const key = await server.tenancy.createApiKey(server.acme.tenantId, { scopes: ['orders-service'] })
  return { admin, key, client: await WireClient.signIn(server.port, key) }
}

test('a key with a scope may what ACLs say of the scope and of the key, at once', async () => {
  await using server = await gatewayFixture()
  const { admin, key, client } = await withScopedKey(server)
  const refused = errorCodes.TOPIC_AUTHORIZATION_FAILED
  assert.deepEqual([await produced(client), await fetched(client)], [refused, refused])
  assert.deepEqual(await allow1(admin, creation()), [errorCodes.NONE])
  assert.deepEqual([await produced(client), await fetched(client)], [refused, errorCodes.NONE])
  await allow1(admin, creation({ principal: `User:${key.id}`, operation: write }))
  assert.deepEqual([await produced(client), await fetched(client)], [errorCodes.NONE, errorCodes.NONE])
  await allow1(
    admin,
    creation({ permissionType: deny, host: '127.0.0.1', resourceName: 'or', resourcePatternType: prefixed }),
  )
  assert.deepEqual([await produced(client), await fetched(client)], [errorCodes.NONE, refused])
  await admin.call(deleteAcls, 2, { filters: [filter({ permissionType: deny })] })
  assert.deepEqual([await produced(client), await fetched(client)], [errorCodes.NONE, errorCodes.NONE])
  for (const each of [admin, client]) each[Symbol.dispose]()
})

test('a user of the virtual cluster may what ACLs say of its name', async () => {
  await using server = await gatewayFixture()
  const { admin } = await withScopedKey(server)
  await makeUser(admin, { name: 'alice', password: 'pass' })
  using alice = await WireClient.open(server.port)
  await alice.signInByScram('SCRAM-SHA-256', { name: `alice@${server.acme.tenantId}`, password: 'pass' })
  assert.equal(await fetched(alice), errorCodes.TOPIC_AUTHORIZATION_FAILED)
  await allow1(admin, creation({ principal: 'User:alice' }))
  assert.equal(await fetched(alice), errorCodes.NONE)
  admin[Symbol.dispose]()
})

test('ACLs are listed by resource and found by every part of a filter', async () => {
  await using server = await gatewayFixture()
  const { admin } = await withScopedKey(server)
  const rules = [
    creation(),
    creation({ operation: write }),
    creation({ resourceName: 'or', resourcePatternType: prefixed }),
    creation({ resourceName: '*', principal: 'User:*' }),
    creation({ resourceType: cluster, resourceName: 'kafka-cluster', operation: alter }),
  ]
  await allow1(admin, ...rules)
  const found = async (fields: object = {}): Promise<number[]> => {
    const { errorCode, resources } = await admin.call(describeAcls, 3, filter(fields))
    assert.equal(errorCode, errorCodes.NONE)
    return resources.map(({ acls }) => acls.length).sort((a, b) => a - b)
  }
  assert.deepEqual(await found(), [1, 1, 1, 2])
  assert.deepEqual(await found({ resourceTypeFilter: cluster }), [1])
  assert.deepEqual(await found({ resourceNameFilter: 'orders' }), [2])
  assert.deepEqual(await found({ resourceNameFilter: 'orders', patternTypeFilter: match }), [1, 1, 2])
  assert.deepEqual(await found({ patternTypeFilter: prefixed }), [1])
  assert.deepEqual(await found({ operation: write }), [1])
  assert.deepEqual(await found({ principalFilter: 'User:*' }), [1])
  assert.deepEqual(await found({ permissionType: deny }), [])
  const { filterResults } = await admin.call(deleteAcls, 3, {
    filters: [filter({ operation: write }), filter({ operation: 99 }), filter({ principalFilter: 'User:*' })],
  })
  assert.deepEqual(
    filterResults.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.length]),
    [
      [errorCodes.NONE, 1],
      [errorCodes.INVALID_REQUEST, 0],
      [errorCodes.NONE, 1],
    ],
  )
  assert.deepEqual(await found(), [1, 1, 1])
  admin[Symbol.dispose]()
})

test('what can’t be an ACL is refused beside those that can', async () => {
  await using server = await gatewayFixture()
  using admin = await WireClient.signIn(server.port, server.acme)
  const bad = [
    { resourceType: any },
    { resourceType: 99 },
    { resourcePatternType: match },
    { operation: any },
    { operation: 0 },
    { permissionType: any },
    { resourceName: '' },
    { principal: 'alice' },
    { resourceType: cluster },
  ]
  const codes = await allow1(admin, ...bad.map(creation), creation())
  assert.deepEqual(codes, [...bad.map(() => errorCodes.INVALID_REQUEST), errorCodes.NONE])
})

test('ACLs and users are for those who may see and change the cluster', async () => {
  await using server = await gatewayFixture()
  const { admin, client } = await withScopedKey(server)
  const refused = errorCodes.CLUSTER_AUTHORIZATION_FAILED
  const asked = async (): Promise<number[]> => [
    (await client.call(describeAcls, 1, filter())).errorCode,
    (await client.call(describeUserScramCredentials, 0, { users: null })).errorCode,
    (await client.call(deleteAcls, 1, { filters: [filter({ permissionType: deny })] })).filterResults[0]!.errorCode,
    ...(await allow1(client, creation({ operation: write }))),
    await makeUser(client, { name: 'bob', password: 'pass' }),
  ]
  assert.deepEqual(await asked(), [refused, refused, refused, refused, refused])
  const onCluster = (operation: number) => creation({ resourceType: cluster, resourceName: 'kafka-cluster', operation })
  await allow1(admin, onCluster(describe))
  assert.deepEqual(await asked(), [errorCodes.NONE, errorCodes.NONE, refused, refused, refused])
  await allow1(admin, onCluster(alter))
  assert.deepEqual(await asked(), [0, 0, 0, 0, 0])
  for (const each of [admin, client]) each[Symbol.dispose]()
})

test('another tenant sees nothing of ACLs and users', async () => {
  await using server = await gatewayFixture()
  const { admin } = await withScopedKey(server)
  await allow1(admin, creation())
  await makeUser(admin, { name: 'alice', password: 'pass' })
  using other = await WireClient.signIn(server.port, server.globex)
  assert.deepEqual((await other.call(describeAcls, 3, filter())).resources, [])
  assert.deepEqual((await other.call(describeUserScramCredentials, 0, { users: [] })).results, [])
  const { results } = await other.call(describeUserScramCredentials, 0, { users: [{ name: 'alice' }] })
  assert.equal(results[0]!.errorCode, errorCodes.RESOURCE_NOT_FOUND)
  admin[Symbol.dispose]()
})

test('users are described by mechanism and iterations, and each is changed wholly or not at all', async () => {
  await using server = await gatewayFixture()
  using admin = await WireClient.signIn(server.port, server.acme)
  await makeUser(admin, { name: 'alice', password: 'pass' })
  await makeUser(admin, { name: 'alice', password: 'pass', mechanism: 'SCRAM-SHA-512' })
  const described = async (...names: string[]) => {
    const { results } = await admin.call(describeUserScramCredentials, 0, { users: names.map((name) => ({ name })) })
    return results.map(({ errorCode, credentialInfos }) => [
      errorCode,
      credentialInfos.map(({ mechanism }) => mechanism),
    ])
  }
  assert.deepEqual(await described(), [[0, [1, 2]]])
  assert.deepEqual(await described('bob', 'alice', 'bob'), [
    [errorCodes.DUPLICATE_RESOURCE, []],
    [0, [1, 2]],
  ])
  const upsertion = { iterations: 4096, salt: Buffer.from('salt'), saltedPassword: Buffer.alloc(32) }
  const { results } = await admin.call(alterUserScramCredentials, 0, {
    deletions: [
      { name: 'alice', mechanism: 1 },
      { name: 'nobody', mechanism: 1 },
      { name: 'twice', mechanism: 1 },
    ],
    upsertions: [
      { ...upsertion, name: 'alice', mechanism: 2, iterations: 4095, saltedPassword: Buffer.alloc(64) },
      { ...upsertion, name: 'twice', mechanism: 1 },
      { ...upsertion, name: 'weird', mechanism: 3 },
      { ...upsertion, name: 'much', mechanism: 1, iterations: 16_385 },
      { ...upsertion, name: 'short', mechanism: 2 },
      { ...upsertion, name: '', mechanism: 1 },
      { ...upsertion, name: server.globex.id, mechanism: 1 },
    ],
  })
  assert.deepEqual(Object.fromEntries(results.map(({ user, errorCode }) => [user, errorCode])), {
    alice: errorCodes.UNACCEPTABLE_CREDENTIAL,
    nobody: errorCodes.RESOURCE_NOT_FOUND,
    twice: errorCodes.DUPLICATE_RESOURCE,
    weird: errorCodes.UNSUPPORTED_SASL_MECHANISM,
    much: errorCodes.UNACCEPTABLE_CREDENTIAL,
    short: errorCodes.UNACCEPTABLE_CREDENTIAL,
    '': errorCodes.UNACCEPTABLE_CREDENTIAL,
    [server.globex.id]: errorCodes.UNACCEPTABLE_CREDENTIAL,
  })
  assert.deepEqual(await described(), [[0, [1, 2]]])
})
