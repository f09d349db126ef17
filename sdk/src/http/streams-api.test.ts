import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KoineError, KoineApi, type TopicRecord } from '../index.ts'

const record: TopicRecord = {
  partition: 1,
  offset: 7,
  timestamp: '2026-03-09T08:00:00.000Z',
  key: null,
  value: { encoding: 'utf8', data: 'κοινή', bytes: 10 },
  headers: [],
}

/** A server that answers everything the same, and keeps what it was asked. */
function answering(response: () => Response) {
  const asked: string[] = []
  const api = new KoineApi({
    url: 'http://koine',
    token: 'key_1.secret',
    fetch: async (input, init) => {
      const body = typeof init?.body === 'string' ? ` ${init.body}` : ''
      asked.push(`${init?.method} ${(input as string).replace('http://koine', '')}${body}`)
      return response()
    },
  })
  return { api, asked, streams: api.streams }
}

test('topics, records and groups are each one call', async () => {
  const { streams, asked } = answering(() => Response.json({ data: [] }))
  await streams.topics.list()
  await streams.topics.create({ name: 'orders', partitions: 3 })
  await streams.topics.get('a/b')
  await streams.topics.delete('orders')
  await streams.topics.addPartitions('orders', 6)
  await streams.topics.changeSettings('orders', { 'retention.ms': null })
  await streams.records.list('orders', { partition: 0, from: '12', limit: 5 })
  await streams.records.produce('orders', [{ key: 'k', value: null }])
  await streams.groups.list()
  await streams.groups.get('bill ing')
  await streams.groups.delete('billing')
  assert.deepEqual(asked, [
    'GET /v1/topics',
    'POST /v1/topics {"name":"orders","partitions":3}',
    'GET /v1/topics/a%2Fb',
    'DELETE /v1/topics/orders',
    'POST /v1/topics/orders/partitions {"partitions":6}',
    'POST /v1/topics/orders/settings {"settings":{"retention.ms":null}}',
    'GET /v1/topics/orders/records?partition=0&from=12&limit=5',
    'POST /v1/topics/orders/records {"records":[{"key":"k","value":null}]}',
    'GET /v1/groups',
    'GET /v1/groups/bill%20ing',
    'DELETE /v1/groups/billing',
  ])
})

test('a tail yields records with the cursors behind them, and ends with the stream', async () => {
  const { streams, asked } = answering(
    () => new Response(`: open\n\nid: 0:3.1:8\ndata: ${JSON.stringify(record)}\n\n: still here\n\n`),
  )
  const told = await Array.fromAsync(streams.tail({ topic: 'orders', partition: 1, cursor: '0:3.1:7' }))
  assert.deepEqual(told, [{ cursor: '0:3.1:8', record }])
  assert.deepEqual(asked, ['GET /v1/topics/orders/tail?partition=1&cursor=0%3A3.1%3A7'])
})

test('a tail that fails once begun throws what the server said', async () => {
  const { streams } = answering(
    () => new Response('event: error\ndata: {"code":"not_found","detail":"There is no topic orders."}\n\n'),
  )
  await assert.rejects(
    Array.fromAsync(streams.tail({ topic: 'orders' })),
    ({ code, message }: KoineError) => code === 'not_found' && message === 'There is no topic orders.',
  )
})

test('aborting ends a tail in peace', async () => {
  const abort = new AbortController()
  const api = new KoineApi({
    url: 'http://koine',
    token: 'key_1.secret',
    fetch: async (_, init) => {
      abort.abort()
      init!.signal!.throwIfAborted()
      return new Response()
    },
  })
  assert.deepEqual(await Array.fromAsync(api.streams.tail({ topic: 'orders', signal: abort.signal })), [])
})
