import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Faults, noFaults } from '@koine/stores-ports'
import { batchOf, settled, virtualCluster } from '../testing/virtual-cluster.ts'
import type { FetchedPartition, FetchRequest } from './fetch.ts'

async function cluster(options: Parameters<typeof virtualCluster>[0] = {}) {
  const made = virtualCluster(options)
  const { streams, scope } = made
  await streams.createTopic(scope, { name: 'news', partitions: 3 })
  const append = (partition: number, value: string) =>
    streams.produce(scope, { topic: 'news', partition }, batchOf([value]))
  const gone = new AbortController()
  const fetch = (request: Partial<FetchRequest> = {}) => {
    const fetching = { isDone: false, result: undefined as readonly FetchedPartition[] | undefined }
    const partitions = [0, 1, 2].map((partition) => ({ topic: 'news', partition, offset: 0, bytesMax: 1_000_000 }))
    const wanted = { partitions, bytesMin: 1, waitMsMax: 500, bytesMax: 1_000_000, signal: gone.signal, ...request }
    void streams.fetch(scope, wanted).then((result) => Object.assign(fetching, { isDone: true, result }))
    return fetching
  }
  return { ...made, append, fetch, gone }
}

const sizes = (result: readonly FetchedPartition[] | undefined): (number | string)[] =>
  (result ?? []).map((each) => (each.ok ? each.batches.length : each.reason))

test('a fetch that finds enough is answered at once', async () => {
  const { append, fetch } = await cluster()
  await append(1, 'x')
  const fetching = fetch()
  await settled()
  assert.deepEqual(sizes(fetching.result), [0, 1, 0])
})

test('a fetch that finds nothing waits for an append', async () => {
  const { append, fetch, clock } = await cluster()
  const fetching = fetch()
  await settled()
  clock.advance(499)
  await settled()
  assert.equal(fetching.isDone, false)
  await append(2, 'x')
  await settled()
  assert.deepEqual(sizes(fetching.result), [0, 0, 1])
})

test('a fetch waits for as many bytes as it wants, over all partitions', async () => {
  const { append, fetch } = await cluster()
  const fetching = fetch({ bytesMin: 100 })
  await append(0, 'x')
  await settled()
  assert.equal(fetching.isDone, false)
  await append(1, 'x')
  await settled()
  assert.deepEqual(sizes(fetching.result), [1, 1, 0])
})

test('a fetch is answered with what there is when its time is over', async () => {
  const { fetch, clock, append } = await cluster()
  await append(0, 'x')
  const fetching = fetch({ bytesMin: 100_000 })
  await settled()
  clock.advance(500)
  await settled()
  assert.deepEqual(sizes(fetching.result), [1, 0, 0])
})

test('a fetch whose client has gone ends', async () => {
  const { fetch, gone } = await cluster()
  const fetching = fetch()
  await settled()
  gone.abort()
  await settled()
  assert.equal(fetching.isDone, true)
})

test('fetches end when the service is disposed of', async () => {
  const { fetch, streams } = await cluster()
  const fetching = fetch()
  await settled()
  await streams[Symbol.asyncDispose]()
  await settled()
  assert.equal(fetching.isDone, true)
})

test('a partition that can’t be read ends the wait', async () => {
  const { fetch } = await cluster()
  const wanted = { topic: 'news', bytesMax: 1_000 }
  const fetching = fetch({
    partitions: [
      { ...wanted, partition: 0, offset: 5 },
      { ...wanted, partition: 9, offset: 0 },
      { ...wanted, partition: 1, offset: -1 },
    ],
  })
  await settled()
  assert.deepEqual(sizes(fetching.result), ['offset-out-of-range', 'no-such-partition', 'offset-out-of-range'])
})

test('a topic that is deleted ends the wait of those who read it', async () => {
  const { fetch, streams, scope } = await cluster()
  const fetching = fetch()
  await settled()
  await streams.deleteTopic(scope, 'news')
  await settled()
  assert.ok(sizes(fetching.result).includes('no-such-partition'))
})

test('a fetch holds to its limit over all partitions, but the first batch comes whole', async () => {
  const { append, fetch } = await cluster()
  for (const partition of [0, 1, 2]) await append(partition, 'x'.repeat(1_000))
  const fetching = fetch({ bytesMax: 10 })
  await settled()
  assert.deepEqual(sizes(fetching.result), [1, 0, 0])
})

test('a fetch that waits for much keeps what it read, and reads on from there', async () => {
  const offsets: number[] = []
  const { append, fetch, scope } = await cluster()
  const { log } = scope
  const read = log.read.bind(log)
  log.read = (at, options) => {
    if (at.partition === 0) offsets.push(options.offset)
    return read(at, options)
  }
  const fetching = fetch({ bytesMin: 345 })
  for (let i = 0; i < 5; i++) {
    await append(0, 'x')
    await settled()
  }
  assert.deepEqual(sizes(fetching.result), [5, 0, 0])
  assert.deepEqual(offsets, [0, 0, 0, 1, 2, 3, 4])
})

test('a fetch stops reading a partition at that partition’s limit, and is answered when none has more to give', async () => {
  const { append, fetch } = await cluster()
  for (let i = 0; i < 3; i++) await append(0, 'x'.repeat(100))
  const partitions = [{ topic: 'news', partition: 0, offset: 0, bytesMax: 400 }]
  const fetching = fetch({ partitions, bytesMin: 100_000 })
  await settled()
  assert.deepEqual(sizes(fetching.result), [2])
})

test('a fetch is answered with what it has when those that wait hold too much already', async () => {
  const { append, fetch } = await cluster({ limits: { fetchBytesHeld: 100 } })
  await append(0, 'x')
  const waits = fetch({ bytesMin: 1_000 })
  await settled()
  assert.equal(waits.isDone, false)
  const answered = fetch({ bytesMin: 1_000 })
  await settled()
  assert.deepEqual(sizes(answered.result), [1, 0, 0])
  const empty = fetch({ partitions: [{ topic: 'news', partition: 1, offset: 0, bytesMax: 100 }], bytesMin: 1_000 })
  await settled()
  assert.equal(empty.isDone, false)
})

test('a store that fails is the answer of its partition, and not of the others', async () => {
  let failing = 0
  const faults: Faults = {
    ...noFaults,
    before(operation) {
      if (operation === 'log.read' && failing > 0 && failing-- === 1) throw new Error('The disk broke.')
    },
  }
  const { append, fetch } = await cluster({ faults })
  await append(1, 'x')
  failing = 1
  const fetching = fetch()
  await settled()
  assert.deepEqual(sizes(fetching.result), ['failed', 1, 0])
})
