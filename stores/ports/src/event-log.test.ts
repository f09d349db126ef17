import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock, seededRandomness, tenantIds } from '@koine/base'
import { until } from '@koine/base/testing'
import { baseOffset, encodeEndMarker, splitRecordBatches } from '@koine/protocols-kafka/record-batch'
import { EventLog, type StoredRecord } from './event-log.ts'
import type { Partition } from './log.ts'
import { MemoryLog } from './memory/memory-log.ts'
import { murmur2, partitionOfKey } from './murmur2.ts'

const source = { clock: systemClock, randomness: seededRandomness(7) }

async function open(partitions = 3) {
  const log = new MemoryLog(source).forTenant(tenantIds.make(source))
  await log.createTopic({ name: 'events', partitions })
  return { log, events: new EventLog(log, source) }
}

const event = (value: string) => ({ value: Buffer.from(value) })
const text = (record: StoredRecord): string => Buffer.from(record.value!).toString()

test('murmur2 agrees with the vectors of Kafka’s own test', () => {
  const vectors: readonly [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [key, hash] of vectors) assert.equal(murmur2(Buffer.from(key)), hash, key)
  assert.equal(partitionOfKey(Buffer.from('foobar'), 7), (-790332482 & 0x7fffffff) % 7)
})

test('records come back from the partition of their key, in order', async () => {
  const { events } = await open()
  const first = await events.append('events', 'asha', [event('1'), event('2')])
  assert.ok(first.ok)
  assert.equal(first.partition, partitionOfKey(Buffer.from('asha'), 3))
  await events.append('events', 'asha', [event('3')])
  const page = await events.read({ topic: 'events', partition: first.partition }, 1, 10)
  assert.deepEqual(page.records.map(text), ['2', '3'])
  assert.deepEqual(
    page.records.map(({ offset, key }) => ({ offset, key })),
    [
      { offset: 1, key: 'asha' },
      { offset: 2, key: 'asha' },
    ],
  )
  assert.deepEqual([page.nextOffset, page.endOffset], [3, 3])
})

test('a page ends at its limit and the next one goes on there', async () => {
  const { events } = await open(1)
  await events.append('events', 'k', [event('1'), event('2'), event('3')])
  const at = { topic: 'events', partition: 0 }
  const first = await events.read(at, 0, 2)
  assert.deepEqual([first.records.map(text), first.nextOffset], [['1', '2'], 2])
  const second = await events.read(at, first.nextOffset, 2)
  assert.deepEqual([second.records.map(text), second.nextOffset], [['3'], 3])
})

test('many records of one append share few batches, none over the limit', async () => {
  const { log, events } = await open(1)
  const value = Buffer.alloc(300 * 1024)
  await events.append(
    'events',
    'k',
    Array.from({ length: 10 }, () => ({ value })),
  )
  const at = { topic: 'events', partition: 0 }
  const read = await log.read(at, { offset: 0, bytesMax: 1e9 })
  assert.ok(read.ok)
  assert.equal(read.batches.length, 4)
  for (const batch of read.batches) {
    assert.ok(batch.length <= 1.1 * 1024 * 1024)
    assert.ok(splitRecordBatches(batch).ok)
  }
  assert.equal(read.endOffset, 10)
})

test('an event over the limit is refused and nothing is appended', async () => {
  const { events } = await open(1)
  const value = Buffer.alloc(1.1 * 1024 * 1024)
  await assert.rejects(events.append('events', 'k', [event('small'), { value }]), { code: 'too_large' })
  assert.equal((await events.read({ topic: 'events', partition: 0 }, 0, 10)).endOffset, 0)
})

test('a topic that is not there is a value; a partition or an offset that is not there is an error', async () => {
  const { events } = await open(1)
  assert.deepEqual(await events.append('others', 'k', [event('1')]), { ok: false, reason: 'no-such-topic' })
  await assert.rejects(events.read({ topic: 'events', partition: 1 }, 0, 1), { code: 'not_found' })
  await assert.rejects(events.read({ topic: 'events', partition: 0 }, 5, 1), { code: 'invalid_request' })
})

test('a subscriber sees all partitions, what comes later too, and resumes where it committed', async () => {
  const { log, events } = await open()
  const seen: string[] = []
  const subscribe = (): { stop: () => Promise<void> } => {
    const control = new AbortController()
    const running = events.subscribe('readers', ['events'], async (record) => void seen.push(text(record)), control)
    return {
      stop: async () => {
        control.abort()
        await running
      },
    }
  }
  for (const key of ['a', 'b', 'c', 'd']) await events.append('events', key, [event(key)])
  const first = subscribe()
  await until('all are seen', () => seen.length === 4)
  await events.append('events', 'e', [event('e')])
  await until('the later one is seen', () => seen.length === 5)
  await first.stop()
  assert.deepEqual(seen.toSorted(), ['a', 'b', 'c', 'd', 'e'])
  const committed = await log.committedOffsets('readers')
  assert.equal(
    committed.reduce((sum, { offset }) => sum + offset, 0),
    5,
  )
  await events.append('events', 'f', [event('f')])
  const second = subscribe()
  await until('only the new one comes', () => seen.length === 6)
  await second.stop()
  assert.equal(seen[5], 'f')
})

test('a handler that fails ends the subscription; the record comes again and those before it do not', async () => {
  const { events } = await open(1)
  await events.append('events', 'k', [event('1'), event('2'), event('3')])
  const seen: string[] = []
  let broken = true
  const control = new AbortController()
  const handler = async (record: StoredRecord & Partition): Promise<void> => {
    if (broken && text(record) === '2') throw new Error('broken')
    seen.push(text(record))
  }
  await assert.rejects(events.subscribe('g', ['events'], handler, control), /broken/)
  assert.deepEqual(seen, ['1'])
  broken = false
  const running = events.subscribe('g', ['events'], handler, control)
  await until('the rest is seen', () => seen.length === 3)
  control.abort()
  await running
  assert.deepEqual(seen, ['1', '2', '3'])
})

test('a subscription outlives its topic and starts over with the next of its name', async () => {
  const { log, events } = await open(1)
  const seen: string[] = []
  const control = new AbortController()
  const running = events.subscribe('g', ['events'], async (record) => void seen.push(text(record)), control)
  await events.append('events', 'k', [event('old')])
  await until('the old one is seen', () => seen.length === 1)
  await log.deleteTopic('events')
  await log.createTopic({ name: 'events', partitions: 1 })
  await events.append('events', 'k', [event('new')])
  await until('the new one is seen', () => seen.length === 2)
  control.abort()
  await running
  assert.deepEqual(seen, ['old', 'new'])
})

test('a subscription follows partitions that are added', async () => {
  const { log, events } = await open(1)
  const seen: string[] = []
  const control = new AbortController()
  const running = events.subscribe('g', ['events'], async (record) => void seen.push(text(record)), control)
  await events.appendTo({ topic: 'events', partition: 0 }, [event('first')])
  await until('the first is seen', () => seen.length === 1)
  await log.addPartitions('events', 3)
  await events.appendTo({ topic: 'events', partition: 2 }, [event('new')])
  await until('the new one is seen', () => seen.length === 2)
  control.abort()
  await running
  assert.deepEqual(seen, ['first', 'new'])
})

test('a reader goes past what was given up, compacted away, and the marks of transactions', async () => {
  const { log, events } = await open(1)
  const at = { topic: 'events', partition: 0 }
  for (const value of ['a', 'b', 'c', 'd']) await events.appendTo(at, [event(value)])
  await log.append(
    at,
    encodeEndMarker({ producerId: 1, producerEpoch: 0, commit: true, coordinatorEpoch: 0, timestampMs: 1 }),
  )
  await events.appendTo(at, [event('e')])
  await log.deleteRecords(at, 1)
  await log.rewrite(at, { before: 3, replace: (batch) => (baseOffset(batch) === 2 ? undefined : batch) })
  const page = await events.read(at, 1, 10)
  assert.deepEqual(page.records.map(text), ['b', 'd', 'e'])
  assert.deepEqual([page.nextOffset, page.startOffset, page.endOffset], [6, 1, 6])
  const seen: string[] = []
  const control = new AbortController()
  const running = events.subscribe('g', ['events'], async (record) => void seen.push(text(record)), control)
  await until('all are seen', () => seen.length === 3)
  control.abort()
  await running
})

test('a topic that was made again while an old record was handled is read from its first record', async () => {
  const { log, events } = await open(1)
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const control = new AbortController()
  const handler = async (record: StoredRecord): Promise<void> => {
    seen.push(text(record))
    if (text(record) === 'old 2') await gate.promise
  }
  await events.append('events', 'k', [event('old 1'), event('old 2'), event('old 3')])
  const running = events.subscribe('g', ['events'], handler, control)
  await until('an old one is handled', () => seen.length === 2)
  await log.deleteTopic('events')
  await log.createTopic({ name: 'events', partitions: 1 })
  await events.append('events', 'k', ['1', '2', '3', '4', '5', '6'].map(event))
  gate.resolve()
  await until('the last new one is seen', () => seen.at(-1) === '6')
  control.abort()
  await running
  assert.deepEqual(seen.slice(-6), ['1', '2', '3', '4', '5', '6'])
  assert.deepEqual(
    (await log.committedOffsets('g')).map(({ offset }) => offset),
    [6],
  )
})
