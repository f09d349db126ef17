import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { gatewayFixture, populatedTenant } from './testing/gateway-fixture.ts'

async function clusterOf() {
  const fixture = await gatewayFixture()
  const { bearer, scope, group, topic } = await populatedTenant(fixture.tenancy, fixture.messaging, 'Acme')
  const call = (request: string, body?: unknown) =>
    fixture.request(request, { bearer, ...(body !== undefined && { body }) })
  return { ...fixture, call, scope, group, topic }
}

test('a topic is made, grown, changed and deleted', async () => {
  await using it = await clusterOf()
  const made = await it.call('POST /v1/topics', { name: 'orders', partitions: 2, settings: { 'retention.ms': '1000' } })
  assert.equal(made.status, 201)
  assert.deepEqual(made.body['bounds' as 'data'], [
    { partition: 0, startOffset: 0, endOffset: 0, bytes: 0 },
    { partition: 1, startOffset: 0, endOffset: 0, bytes: 0 },
  ])
  assert.equal((await it.call('POST /v1/topics', { name: 'orders' })).body.code, 'already_exists')
  const grown = await it.call('POST /v1/topics/orders/partitions', { partitions: 3 })
  assert.equal((JSON.parse(grown.text) as { partitions: number }).partitions, 3)
  assert.equal((await it.call('POST /v1/topics/orders/partitions', { partitions: 3 })).status, 400)
  const changed = await it.call('POST /v1/topics/orders/settings', {
    settings: { 'retention.ms': null, 'cleanup.policy': 'compact' },
  })
  const { settings } = JSON.parse(changed.text) as { settings: { name: string; value: string; isSet: boolean }[] }
  assert.deepEqual(
    settings.filter(({ isSet }) => isSet),
    [{ name: 'cleanup.policy', value: 'compact', isSet: true }],
  )
  assert.equal((await it.call('DELETE /v1/topics/orders')).status, 204)
  assert.equal((await it.call('GET /v1/topics/orders')).body.code, 'not_found')
})

for (const [what, body] of [
  ['a name with a slash', { name: 'a/b' }],
  ['a platform name', { name: 'koine.mine' }],
  ['no partitions', { name: 'x', partitions: 0 }],
  ['a setting that is none', { name: 'x', settings: { 'no.such': '1' } }],
] as const) {
  test(`a topic with ${what} is refused`, async () => {
    await using it = await clusterOf()
    const { status } = await it.call('POST /v1/topics', body)
    assert.ok(status === 400 || status === 403, `${status}`)
  })
}

test('records are written and read back, text as text and the rest as base64', async () => {
  await using it = await clusterOf()
  const { text } = await it.call('POST /v1/topics/topic-of-Acme/records', {
    records: [
      { key: 'k', value: '{"a":1}', headers: [{ name: 'h', value: 'ü' }] },
      { key: 'k', value: null },
    ],
  })
  assert.deepEqual(JSON.parse(text), {
    data: [
      { partition: 0, offset: 0 },
      { partition: 0, offset: 1 },
    ],
  })
  const binary = encodeRecordBatch({
    records: [{ key: null, value: Buffer.from([0xff, 0]), timestampMs: 8.64e15 + 1 }],
    codec: 'snappy',
  })
  await it.scope.log.append({ topic: it.topic, partition: 0 }, binary)
  const page = JSON.parse((await it.call('GET /v1/topics/topic-of-Acme/records?from=earliest')).text) as {
    data: { offset: number; key: unknown; value: unknown; headers: unknown; timestamp: string }[]
    nextCursor: string
  }
  assert.deepEqual(
    page.data.map(({ key, value }) => [key, value]),
    [
      [
        { encoding: 'utf8', data: 'k', bytes: 1 },
        { encoding: 'utf8', data: '{"a":1}', bytes: 7 },
      ],
      [{ encoding: 'utf8', data: 'k', bytes: 1 }, null],
      [null, { encoding: 'base64', data: '/wA=', bytes: 2 }],
    ],
  )
  assert.deepEqual(page.data[0]!.headers, [{ name: 'h', value: { encoding: 'utf8', data: 'ü', bytes: 2 } }])
  assert.equal(page.data[2]!.timestamp, '9999-12-31T23:59:59.999Z')
  const next = await it.call(`GET /v1/topics/topic-of-Acme/records?cursor=${page.nextCursor}`)
  assert.deepEqual((JSON.parse(next.text) as { data: unknown[] }).data, [])
})

test('a platform topic is read and not written', async () => {
  await using it = await clusterOf()
  await it.scope.log.createTopic({ name: 'koine.messages', partitions: 1 })
  assert.equal((await it.call('GET /v1/topics/koine.messages/records')).status, 200)
  const written = await it.call('POST /v1/topics/koine.messages/records', { records: [{ value: 'forged' }] })
  assert.equal(written.body.code, 'forbidden')
  assert.equal((await it.call('DELETE /v1/topics/koine.messages')).body.code, 'forbidden')
})

test('a group is listed with its lag and deleted', async () => {
  await using it = await clusterOf()
  await it.call('POST /v1/topics/topic-of-Acme/records', { records: [{ value: 'a' }, { value: 'b' }] })
  const listed = await it.call('GET /v1/groups')
  assert.deepEqual(JSON.parse(listed.text), {
    data: [{ id: it.group, state: 'Empty', protocol: 'classic', members: 0 }],
  })
  const { offsets, lag } = JSON.parse((await it.call(`GET /v1/groups/${it.group}`)).text) as {
    offsets: unknown
    lag: number
  }
  assert.equal(lag, 2)
  assert.deepEqual(offsets, [{ topic: it.topic, partition: 0, committed: 0, end: 2, lag: 2, memberId: null }])
  assert.equal((await it.call(`DELETE /v1/groups/${it.group}`)).status, 204)
  assert.equal((await it.call(`GET /v1/groups/${it.group}`)).status, 404)
})
