import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DescribeTimeToLiveCommand, DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { eventIds, type KoineError, systemClock, systemRandomness, type TenantId, tenantIds } from '@koine/base'
import { peer } from '@koine/base/testing'
import type { OutboxEvent, RecordKey } from '@koine/stores-ports'
import { type DynamoDbLocal, startDynamoDbLocal } from '../test-server/dynamodb-local.ts'
import { startFlakyProxy } from '../test-server/flaky-proxy.ts'
import { DynamoTables } from './dynamo-tables.ts'
import { headKey, lineOf } from './outbox-items.ts'

const ids = { clock: systemClock, randomness: systemRandomness }
const credentials = { accessKeyId: 'koine', secretAccessKey: 'koine' }
const key: RecordKey = { table: 'things', pk: 'a', sk: '' }
const newTenant = (): TenantId => tenantIds.make(ids)
const event = (number: number): OutboxEvent => ({ id: eventIds.make(ids), topic: 't', key: 'k', body: String(number) })
const hasCode = (code: string) => (error: unknown) => (error as KoineError).code === code

function connect(endpoint: string): DynamoTables {
  return new DynamoTables({ connection: { region: 'us-east-1', endpoint, credentials }, tablePrefix: 'koine-', ...ids })
}

describe('DynamoTables, when', { skip: peer('java', 'javac', 'mvn') }, () => {
  let server: DynamoDbLocal
  before(async () => {
    server = await startDynamoDbLocal()
  })
  after(() => server[Symbol.asyncDispose]())

  test('an answer is lost, the write is not done twice', async () => {
    await using proxy = await startFlakyProxy(server.endpoint)
    await using tables = connect(proxy.endpoint)
    const mine = tables.forTenant(newTenant())
    await mine.write({ operations: [{ update: key, add: { count: 1 } }] })
    for (const lost of [1, 2, 3]) {
      const calls = proxy.callsOf('TransactWriteItems')
      proxy.swallowAnswers('TransactWriteItems', lost)
      await mine.write({ operations: [{ update: key, add: { count: 1 } }], events: [event(lost)] })
      assert.equal(proxy.callsOf('TransactWriteItems'), calls + lost + 1)
    }
    const record = await mine.get(key)
    assert.equal(record?.attributes['count'], 4)
    assert.equal(record?.version, 4)
    assert.deepEqual(
      (await mine.outbox.pending(10)).map(({ body }) => body),
      ['1', '2', '3'],
    )
  })

  test('every answer is lost, the outcome is unknown and says so', async () => {
    await using proxy = await startFlakyProxy(server.endpoint)
    await using tables = connect(proxy.endpoint)
    const mine = tables.forTenant(newTenant())
    await mine.write({ operations: [{ put: key, attributes: {} }] })
    proxy.swallowAnswers('TransactWriteItems', 1000)
    await assert.rejects(mine.write({ operations: [{ update: key, add: { count: 1 } }] }), hasCode('timeout'))
    assert.equal((await mine.get(key))?.attributes['count'], 1)
    proxy.swallowAnswers('GetItem', 1000)
    await assert.rejects(mine.get(key), hasCode('unavailable'))
  })

  test('nobody is there, it is unavailable', async () => {
    await using tables = connect('http://127.0.0.1:9')
    const mine = tables.forTenant(newTenant())
    await assert.rejects(mine.get(key), hasCode('unavailable'))
    await assert.rejects(mine.write({ operations: [{ put: key, attributes: {} }] }), hasCode('unavailable'))
  })

  test('two nodes write the same records, all is counted and events keep their order', async () => {
    await using one = connect(server.endpoint)
    await using two = connect(server.endpoint)
    const tenant = newTenant()
    const node = async (tables: DynamoTables): Promise<void> => {
      const mine = tables.forTenant(tenant)
      for (let done = 0; done < 15;) {
        const record = await mine.get(key)
        const seq = Number(record?.attributes['seq'] ?? 0) + 1
        const condition = record ? { version: record.version } : ('absent' as const)
        const operations = [
          { put: key, attributes: { seq }, if: condition },
          { update: { ...key, sk: 'count' }, add: { count: 1 } },
        ]
        if ((await mine.write({ operations, events: [event(seq)] })).ok) done++
      }
    }
    await Promise.all([node(one), node(two)])
    assert.equal((await one.forTenant(tenant).get({ ...key, sk: 'count' }))?.attributes['count'], 30)
    const bodies = (await two.forTenant(tenant).outbox.pending(100)).map(({ body }) => Number(body))
    assert.deepEqual(
      bodies,
      Array.from({ length: 30 }, (_, i) => i + 1),
    )
  })

  test('two nodes make the table of a new tenant at once, one table is made', async () => {
    await using one = connect(server.endpoint)
    await using two = connect(server.endpoint)
    const tenant = newTenant()
    const put = (tables: DynamoTables, sk: string): Promise<{ ok: boolean }> =>
      tables.forTenant(tenant).write({ operations: [{ put: { ...key, sk }, attributes: {} }] })
    const results = await Promise.all([put(one, 'a'), put(two, 'b'), put(one, 'c')])
    assert.ok(results.every(({ ok }) => ok))
    const { records } = await one.forTenant(tenant).query({ table: 'things', pk: 'a', limit: 10 })
    assert.equal(records.length, 3)
  })

  test("a tenant is made and dropped, its physical table comes and goes and no other's does", async () => {
    await using tables = connect(server.endpoint)
    await using client = disposable(new DynamoDBClient({ region: 'us-east-1', endpoint: server.endpoint, credentials }))
    const [mine, other] = [newTenant(), newTenant()]
    const isThere = async (tenant: TenantId): Promise<boolean> => {
      const { TableNames: names } = await client.send(new ListTablesCommand({}))
      return names?.includes(`koine-${tenant}`) ?? false
    }
    await tables.forTenant(mine).get(key)
    assert.equal(await isThere(mine), false, 'reading makes no table')
    for (const tenant of [mine, other]) {
      await tables.forTenant(tenant).write({ operations: [{ put: key, attributes: {} }], events: [event(1)] })
    }
    assert.equal(await isThere(mine), true)
    const name = { TableName: `koine-${mine}` }
    const { TimeToLiveDescription: expiry } = await client.send(new DescribeTimeToLiveCommand(name))
    assert.equal(expiry?.AttributeName, 't')
    const head = await client.send(new GetItemCommand({ ...name, Key: { ...headKey(lineOf(event(1))) } }))
    assert.deepEqual(head.Item?.n, { N: '1' })
    await tables.dropTenant(mine)
    await tables.dropTenant(mine)
    assert.deepEqual([await isThere(mine), await isThere(other)], [false, true])
  })
})

const disposable = (client: DynamoDBClient): DynamoDBClient & AsyncDisposable =>
  Object.assign(client, { [Symbol.asyncDispose]: async () => client.destroy() })
