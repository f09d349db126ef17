import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  consumerGroupDescribe,
  createAcls,
  deleteAcls,
  describeGroups,
  errorCodes,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
} from '@koine/protocols-kafka'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { WireClient } from '../testing/wire-client.ts'

/** What is told of one thing may be long: to name it often mustn't make an answer of any length from a short request. */
async function withGroup() {
  const server = await gatewayFixture()
  const client = await WireClient.signIn(server.port, server.acme)
  await client.call(metadata, 9, { topics: [{ name: 'log' }] })
  const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null }
  await client.call(offsetCommit, 8, { groupId: 'g', memberId: '', topics: [{ name: 'log', partitions: [partition] }] })
  return { client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const often = <T>(one: T): T[] => Array<T>(100).fill(one)

test('a group that is named often is described once, and its offsets are told once', async () => {
  await using it = await withGroup()
  using client = it.client
  assert.equal((await client.call(describeGroups, 5, { groups: often('g') })).groups.length, 1)
  assert.equal(
    (await client.call(consumerGroupDescribe, 0, { groupIds: often('g'), includeAuthorizedOperations: false })).groups
      .length,
    1,
  )
  const groups = often({ groupId: 'g', topics: null })
  assert.equal((await client.call(offsetFetch, 8, { groups })).groups.length, 1)
})

test('an ACL that many filters fit is told once', async () => {
  await using it = await withGroup()
  using client = it.client
  const rule = { resourceType: 2, resourceName: 'log', resourcePatternType: 3, principal: 'User:a', host: '*' }
  await client.call(createAcls, 3, { creations: [{ ...rule, operation: 3, permissionType: 3 }] })
  const any = {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
  }
  const { filterResults } = await client.call(deleteAcls, 3, {
    filters: often({ ...any, operation: 1, permissionType: 1 }),
  })
  assert.equal(filterResults.length, 100)
  assert.equal(filterResults.flatMap(({ matchingAcls }) => matchingAcls).length, 1)
})

test('the offsets of a partition that is named often are not looked for, as in Kafka', async () => {
  await using it = await withGroup()
  using client = it.client
  const sought = { partitionIndex: 0, timestamp: 1 }
  const { topics } = await client.call(listOffsets, 7, {
    replicaId: -1,
    topics: [{ name: 'log', partitions: often(sought) }],
  })
  const codes = topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  assert.deepEqual([...new Set(codes)], [errorCodes.INVALID_REQUEST])
})
