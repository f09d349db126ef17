import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamRecord } from '../../api/streams-port.ts'
import { type FeedStart, RecordFeed, recordKey } from './record-feed.ts'
import { recordAt, StreamsFixture } from './streams.fixture.ts'

const many = (partition: number, count: number, minute = (i: number) => i): StreamRecord[] =>
  Array.from({ length: count }, (_, i) => recordAt(partition, i, minute(i)))

async function open(records: StreamRecord[][], start: FeedStart, rest: { partition?: number; isLive?: boolean } = {}) {
  const fixture = new StreamsFixture(records)
  const feed = new RecordFeed({ client: fixture.client, topic: 'orders', start, isLive: false, ...rest })
  await feed.open()
  const keys = (): string[] => feed.view().records.map(recordKey)
  return { fixture, feed, keys }
}

const newest = { kind: 'newest' } as const
const oldest = { kind: 'oldest' } as const

test('the newest come first, and older ones load in pages until the start', async () => {
  const { feed, keys } = await open([many(0, 120)], newest)
  assert.deepEqual([keys()[0], keys().at(-1)], ['0:70', '0:119'])
  assert.equal(feed.view().older, 'more')
  await feed.loadOlder()
  await feed.loadOlder()
  assert.deepEqual(
    keys(),
    Array.from({ length: 120 }, (_, i) => `0:${i}`),
  )
  assert.equal(feed.view().older, 'end')
})

test('several partitions are one list by time in both directions', async () => {
  const partitions = [many(0, 40, (i) => 2 * i), many(1, 40, (i) => 2 * i + 1), []]
  const expected = Array.from({ length: 80 }, (_, i) => `${i % 2}:${Math.floor(i / 2)}`)
  const back = await open(partitions, newest)
  assert.deepEqual(back.keys(), expected.slice(30))
  await back.feed.loadOlder()
  assert.deepEqual(back.keys(), expected)
  const on = await open(partitions, oldest)
  assert.deepEqual(on.keys(), expected.slice(0, 50))
  await on.feed.loadNewer()
  assert.deepEqual(on.keys(), expected)
})

test('from an offset and from a time the list goes on in both directions', async () => {
  const byOffset = await open([many(0, 300)], { kind: 'offset', offset: 100 }, { partition: 0 })
  assert.deepEqual([byOffset.keys()[0], byOffset.keys().at(-1)], ['0:100', '0:149'])
  await byOffset.feed.loadOlder()
  await byOffset.feed.loadNewer()
  assert.deepEqual([byOffset.keys()[0], byOffset.keys().at(-1)], ['0:50', '0:199'])
  const byTime = await open([many(0, 20), many(1, 10)], { kind: 'time', at: recordAt(0, 0, 8).timestamp })
  assert.deepEqual(byTime.keys().slice(0, 4), ['0:8', '1:8', '0:9', '1:9'])
  await byTime.feed.loadOlder()
  assert.deepEqual(byTime.keys()[0], '0:0')
})

test('a compacted partition is read back over its gaps, whatever the server answers at once', async () => {
  const sparse = many(0, 2_000).filter(({ offset }) => offset < 3 || offset > 1_990)
  const { fixture, feed, keys } = await open([sparse], newest)
  fixture.pageMax = 2
  await feed.loadOlder()
  assert.deepEqual(keys().slice(0, 4), ['0:0', '0:1', '0:2', '0:1991'])
  assert.equal(feed.view().older, 'end')
})

test('what comes while live is added once, and waits while paused', async () => {
  const { fixture, feed, keys } = await open([many(0, 3)], newest, { isLive: true })
  assert.equal(fixture.tailing?.cursor, 'the end')
  fixture.tailing?.onRecord(recordAt(0, 2, 2))
  fixture.tailing?.onRecord(recordAt(0, 3, 3))
  assert.deepEqual(keys(), ['0:0', '0:1', '0:2', '0:3'])
  feed.pause()
  fixture.tailing?.onRecord(recordAt(0, 4, 4))
  assert.deepEqual([keys().length, feed.view().waiting.length], [4, 1])
  feed.resume()
  assert.deepEqual([keys().at(-1), feed.view().waiting.length], ['0:4', 0])
})

test('a live list keeps the newest within its bound', async () => {
  const { fixture, feed, keys } = await open([[]], newest, { isLive: true })
  for (let offset = 0; offset < 5_003; offset++) fixture.tailing?.onRecord(recordAt(0, offset, 0))
  assert.deepEqual([keys().length, keys()[0], feed.view().isFull], [5_000, '0:3', true])
})

test('a failure says why: instead of the list, or beside what is already there', async () => {
  const { fixture, feed, keys } = await open([many(0, 80)], newest)
  fixture.failing = new TypeError('fetch failed')
  await feed.loadOlder()
  assert.deepEqual([feed.view().state, keys().length, feed.view().older], ['ready', 50, 'more'])
  assert.match(feed.view().problem!.title, /reached/)
  await feed.open()
  assert.equal(feed.view().state, 'failed')
  fixture.failing = undefined
  await feed.open()
  assert.deepEqual([feed.view().state, feed.view().problem], ['ready', undefined])
})

test('what came since is shown when asked for: a page is added, more starts over', async () => {
  const { fixture, feed, keys } = await open([many(0, 60)], newest)
  assert.equal(feed.view().end, 60)
  fixture.records[0] = many(0, 63)
  await feed.catchUp(64)
  assert.deepEqual([keys()[0], keys().at(-1), feed.view().end], ['0:10', '0:62', 64])
  fixture.records[0] = many(0, 200)
  await feed.catchUp(200)
  assert.deepEqual([keys()[0], keys().at(-1), feed.view().end], ['0:150', '0:199', 200])
})
