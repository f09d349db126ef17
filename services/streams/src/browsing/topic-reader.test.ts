import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicPosition, TopicRecord } from './topic-reader.ts'
import { TopicReader } from './topic-reader.ts'
import { batchOf, virtualCluster } from '../testing/virtual-cluster.ts'

const topic = 'log'
const textOf = ({ value }: TopicRecord): string => String(value)

async function cluster(partitions = 1) {
  const made = virtualCluster()
  await made.streams.createTopic(made.scope, { name: topic, partitions })
  const reader = new TopicReader({ records: made.streams.records, clock: made.clock })
  const produce = async (partition: number, values: string[], timestampMs: number): Promise<void> => {
    const outcome = await made.streams.produce(made.scope, { topic, partition }, batchOf(values, {}, timestampMs))
    assert.ok(outcome.ok)
  }
  const page = async (from: TopicPosition, limit = 10, partition?: number) => {
    const { records, cursor } = await reader.page(made.scope, { topic, partition, from }, { limit })
    return { texts: records.map(textOf), cursor }
  }
  return { ...made, reader, produce, page }
}

const positions: readonly [from: TopicPosition, texts: string][] = [
  ['earliest', 'abcde'],
  ['latest', ''],
  ['last', 'abcde'],
  [3, 'de'],
  [99, ''],
  [{ timestampMs: 1_001 }, 'bcde'],
  [{ timestampMs: 1_500 }, 'de'],
  [{ timestampMs: 9_999 }, ''],
]

for (const [from, texts] of positions) {
  test(`a page from ${JSON.stringify(from)} holds ${JSON.stringify(texts)}`, async () => {
    const it = await cluster()
    it.clock.advance(5_000)
    await it.produce(0, ['a', 'b', 'c'], 1_000)
    await it.produce(0, ['d', 'e'], 2_000)
    assert.equal((await it.page(from)).texts.join(''), texts)
  })
}

test('pages over several partitions go by time, and each goes on where the one before ended', async () => {
  const it = await cluster(3)
  await it.produce(2, ['a', 'd'], 1_000)
  await it.produce(0, ['e', 'f'], 1_002)
  await it.produce(1, ['b', 'c'], 1_000)
  const seen: string[] = []
  let from: TopicPosition = 'earliest'
  for (;;) {
    const { texts, cursor } = await it.page(from, 2)
    if (texts.length === 0) break
    assert.ok(texts.length <= 2)
    seen.push(...texts)
    from = { cursor }
  }
  assert.deepEqual(seen, ['b', 'a', 'c', 'd', 'e', 'f'])
})

test('the newest records are shown first when asked for, as many as fit', async () => {
  const it = await cluster()
  await it.produce(0, ['a', 'b', 'c', 'd'], 1_000)
  assert.deepEqual((await it.page('last', 2)).texts, ['c', 'd'])
})

test('a tail yields what comes, with cursors to go on from', async () => {
  const it = await cluster(2)
  await it.produce(0, ['old'], 1_000)
  const stop = new AbortController()
  const tail = it.reader.tail(it.scope, { topic, from: 'earliest' }, stop.signal)
  const next = async () => {
    const step = await tail.next()
    assert.ok(!step.done)
    return step.value
  }
  assert.equal(textOf((await next()).record), 'old')
  const coming = next()
  await it.produce(1, ['new', 'newer'], 2_000)
  const { record, cursor } = await coming
  assert.equal(textOf(record), 'new')
  assert.deepEqual((await it.page({ cursor })).texts, ['newer'])
  stop.abort()
  await tail.return(undefined)
})

test('a topic, a partition or a cursor that isn’t there is refused', async () => {
  const it = await cluster()
  await assert.rejects(it.reader.page(it.scope, { topic: 'absent', from: 'earliest' }, { limit: 1 }), {
    code: 'not_found',
  })
  await assert.rejects(it.page('earliest', 1, 7), { code: 'not_found' })
  await assert.rejects(it.page({ cursor: 'nonsense' }), { code: 'invalid_request' })
  await assert.rejects(it.reader.page(it.other, { topic, from: 'earliest' }, { limit: 1 }), { code: 'not_found' })
})

test('records that unpack to very much are not held all at once, and none is left out', async () => {
  const it = await cluster(2)
  const bytesEach = 12 * 1024 * 1024
  for (let at = 0; at < 8; at++) {
    const packed = batchOf([String(at).padEnd(bytesEach)], { codec: 'zstd' }, 1_000 + at)
    const outcome = await it.streams.produce(it.scope, { topic, partition: at % 2 }, packed)
    assert.ok(outcome.ok)
  }
  const seen: string[] = []
  for (let from: TopicPosition = 'earliest', pages = 0; seen.length < 8 && pages < 10; pages++) {
    const { records, cursor } = await it.reader.page(it.scope, { topic, from }, { limit: 200 })
    assert.ok(records.length <= 2, `${records.length} records of ${bytesEach} bytes in one page`)
    seen.push(...records.map((record) => textOf(record).trim()))
    from = { cursor }
  }
  assert.deepEqual(seen.toSorted(), ['0', '1', '2', '3', '4', '5', '6', '7'])
})
