import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import {
  baseOffset,
  checkRecordBatch,
  decodeRecordBatch,
  encodeRecordBatch,
  splitRecordBatches,
} from '@koine/protocols-kafka/record-batch'
import { type Log, logLimits, type ReadResult, type TenantLog } from '../log.ts'
import { type Cases, registerSuite, type Skip } from './suite.ts'

export interface OpenedLog extends AsyncDisposable {
  readonly log: Log
  /** Closes the log and opens it again over what it stored; undefined where nothing outlives the instance. */
  readonly reopen?: () => Promise<Log>
}

const randomness = seededRandomness(3)
const newTenant = (): TenantId => tenantIds.make({ clock: systemClock, randomness })
const at = { topic: 'events', partition: 0 }
const everything = { offset: 0, bytesMax: 64 * 1024 * 1024 }

/** A batch of records with these values; its timestamps count up from `timestampMs`. */
function batchOf(values: readonly string[], timestampMs = 1000): Uint8Array {
  const records = values.map((value, i) => ({ key: null, value: Buffer.from(value), timestampMs: timestampMs + i }))
  return encodeRecordBatch({ records })
}

const valuesOf = (read: ReadResult): string[] => {
  assert.ok(read.ok, 'The partition was read.')
  return read.batches.flatMap((batch) =>
    decodeRecordBatch(batch).records.map(({ value }) => Buffer.from(value!).toString()),
  )
}

async function appended(log: TenantLog, values: readonly string[], timestampMs?: number, to = at): Promise<number> {
  const result = await log.append(to, batchOf(values, timestampMs))
  assert.ok(result.ok, 'The partition was appended to.')
  return result.baseOffset
}

interface Given {
  readonly opened: OpenedLog
  readonly tenant: TenantId
  readonly log: TenantLog
}

type WithTopic = (body: (given: Given) => Promise<void>) => () => Promise<void>

/** What every engine of the log port does. */
export function logConformance({
  name,
  open,
  skip = [],
}: {
  readonly name: string
  readonly open: () => Promise<OpenedLog>
  readonly skip?: readonly Skip[]
}): void {
  const withTopic: WithTopic = (body) => async () => {
    await using opened = await open()
    const tenant = newTenant()
    const log = opened.log.forTenant(tenant)
    await log.createTopic({ name: 'events', partitions: 2 })
    await body({ opened, tenant, log })
  }
  const cases: Cases = {
    ...topicCases(withTopic),
    ...appendCases(withTopic),
    ...readCases(withTopic),
    ...waitingCases(withTopic),
    ...offsetCases(withTopic),
    ...tenantCases(withTopic),
    ...durabilityCases(withTopic),
  }
  registerSuite(`log: ${name}`, cases, skip)
}

const topicCases = (withTopic: WithTopic): Cases => ({
  'a topic is found by its name, with its settings': withTopic(async ({ log }) => {
    const made = await log.createTopic({ name: 'orders', partitions: 3, settings: { 'retention.ms': '1000' } })
    assert.ok(made.ok)
    assert.match(made.topic.id, /^[0-9a-f]{32}$/)
    assert.deepEqual(await log.topic('orders'), made.topic)
    assert.deepEqual(
      { ...made.topic, id: '', createdAtMs: 0 },
      { name: 'orders', partitions: 3, settings: { 'retention.ms': '1000' }, id: '', createdAtMs: 0 },
    )
    assert.equal(await log.topic('nothing'), undefined)
  }),
  'topics are listed by name': withTopic(async ({ log }) => {
    for (const name of ['zebra', 'Apple', 'apple']) await log.createTopic({ name, partitions: 1 })
    assert.deepEqual(
      (await log.topics()).map(({ name }) => name),
      ['Apple', 'apple', 'events', 'zebra'],
    )
  }),
  'a name that is taken is refused as a value, also when two ask at once': withTopic(async ({ log }) => {
    assert.deepEqual(await log.createTopic({ name: 'events', partitions: 9 }), { ok: false, reason: 'exists' })
    assert.equal((await log.topic('events'))?.partitions, 2)
    const both = await Promise.all([1, 2].map(() => log.createTopic({ name: 'raced', partitions: 1 })))
    assert.equal(both.filter(({ ok }) => ok).length, 1)
  }),
  'bad names and partition counts are refused': withTopic(async ({ log }) => {
    for (const name of ['', '.', '..', 'a b', 'a/b', 'é', 'x'.repeat(logLimits.topicNameCharacters + 1)]) {
      await assert.rejects(log.createTopic({ name, partitions: 1 }), { code: 'invalid_request' })
    }
    for (const partitions of [0, -1, 1.5, Number.NaN, logLimits.partitionsPerTopic + 1]) {
      await assert.rejects(log.createTopic({ name: 'fine', partitions }), { code: 'invalid_request' })
    }
    const longest = 'x'.repeat(logLimits.topicNameCharacters)
    assert.ok((await log.createTopic({ name: longest, partitions: logLimits.partitionsPerTopic })).ok)
    assert.equal((await log.topic(longest))?.partitions, logLimits.partitionsPerTopic)
  }),
  'a deleted topic is gone for readers and appenders at once': withTopic(async ({ log }) => {
    await appended(log, ['a'])
    assert.equal(await log.deleteTopic('events'), true)
    assert.equal(await log.deleteTopic('events'), false)
    assert.equal(await log.topic('events'), undefined)
    assert.equal(await log.bounds(at), undefined)
    assert.equal(await log.findTimestamp(at, 0), undefined)
    assert.deepEqual(await log.read(at, everything), { ok: false, reason: 'no-such-partition' })
    assert.deepEqual(await log.append(at, batchOf(['b'])), { ok: false, reason: 'no-such-partition' })
  }),
  'a topic made again under its name is another topic, and empty': withTopic(async ({ log }) => {
    const before = await log.topic('events')
    await appended(log, ['old'])
    await log.commitOffsets('g', [{ ...at, offset: 1 }])
    await log.deleteTopic('events')
    await log.createTopic({ name: 'events', partitions: 2 })
    assert.notEqual((await log.topic('events'))?.id, before?.id)
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 0 })
    assert.deepEqual(await log.committedOffsets('g'), [])
    assert.equal(await appended(log, ['new']), 0)
    assert.deepEqual(valuesOf(await log.read(at, everything)), ['new'])
  }),
})

const appendCases = (withTopic: WithTopic): Cases => ({
  'appends get consecutive offsets, per partition': withTopic(async ({ log }) => {
    assert.equal(await appended(log, ['a', 'b']), 0)
    assert.equal(await appended(log, ['c']), 2)
    assert.equal(await appended(log, ['x'], 0, { topic: 'events', partition: 1 }), 0)
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 3 })
  }),
  'appends at once each get offsets of their own, in the order of the calls': withTopic(async ({ log }) => {
    const offsets = await Promise.all(Array.from({ length: 50 }, (_, i) => appended(log, [`${i}`, `${i}'`])))
    assert.deepEqual(
      offsets,
      Array.from({ length: 50 }, (_, i) => 2 * i),
    )
    const values = valuesOf(await log.read(at, everything))
    assert.deepEqual(values, Array.from({ length: 50 }, (_, i) => [`${i}`, `${i}'`]).flat())
  }),
  'several batches in one append stay in order and are read one by one': withTopic(async ({ log }) => {
    await appended(log, ['first'])
    const both = Buffer.concat([batchOf(['a', 'b']), batchOf(['c']), batchOf(['d'])])
    assert.deepEqual(await log.append(at, both), { ok: true, baseOffset: 1, startOffset: 0 })
    const read = await log.read(at, { ...everything, offset: 3 })
    assert.deepEqual(valuesOf(read).slice(-2), ['c', 'd'])
    const whole = await log.read(at, everything)
    assert.ok(whole.ok)
    assert.deepEqual(
      whole.batches.map((batch) => baseOffset(batch)),
      [0, 1, 3, 4],
    )
    for (const batch of whole.batches) assert.equal(splitRecordBatches(batch).ok && checkRecordBatch(batch).ok, true)
  }),
  'a partition that is not there is a value': withTopic(async ({ log }) => {
    for (const nowhere of [
      { topic: 'events', partition: 2 },
      { topic: 'events', partition: -1 },
      { topic: 'none', partition: 0 },
    ]) {
      assert.deepEqual(await log.append(nowhere, batchOf(['a'])), { ok: false, reason: 'no-such-partition' })
      assert.deepEqual(await log.read(nowhere, everything), { ok: false, reason: 'no-such-partition' })
      assert.equal(await log.bounds(nowhere), undefined)
    }
  }),
  'bytes that are not whole batches are refused and leave nothing': withTopic(async ({ log }) => {
    const batch = batchOf(['a'])
    for (const bytes of [new Uint8Array(), batch.subarray(0, -1), Buffer.concat([batch, batch.subarray(0, 30)])]) {
      await assert.rejects(log.append(at, bytes), { code: 'invalid_request' })
    }
    assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 0 })
  }),
  'a batch over the limit is refused and the largest is taken': withTopic(async ({ log }) => {
    const largest = batchOf(['x'.repeat(logLimits.batchBytes - 61 - 15)])
    assert.ok(largest.length <= logLimits.batchBytes && largest.length > logLimits.batchBytes - 8)
    assert.ok((await log.append(at, largest)).ok)
    await assert.rejects(log.append(at, batchOf(['x'.repeat(logLimits.batchBytes)])), { code: 'too_large' })
  }),
})

const readCases = (withTopic: WithTopic): Cases => ({
  'a read starts with the batch that holds its offset': withTopic(async ({ log }) => {
    await appended(log, ['a', 'b', 'c'])
    await appended(log, ['d'])
    assert.deepEqual(valuesOf(await log.read(at, { ...everything, offset: 2 })), ['a', 'b', 'c', 'd'])
    assert.deepEqual(valuesOf(await log.read(at, { ...everything, offset: 3 })), ['d'])
  }),
  'a read at the end is empty; outside the bounds it says so': withTopic(async ({ log }) => {
    const empty = { startOffset: 0, endOffset: 0 }
    assert.deepEqual(await log.read(at, everything), { ok: true, batches: [], ...empty })
    assert.deepEqual(await log.read(at, { ...everything, offset: 1 }), {
      ok: false,
      reason: 'offset-out-of-range',
      ...empty,
    })
    await appended(log, ['a'])
    const one = { startOffset: 0, endOffset: 1 }
    assert.deepEqual(await log.read(at, { ...everything, offset: 1 }), { ok: true, batches: [], ...one })
    for (const offset of [-1, 2]) {
      assert.deepEqual(await log.read(at, { ...everything, offset }), {
        ok: false,
        reason: 'offset-out-of-range',
        ...one,
      })
    }
  }),
  'a read returns about as much as asked for, but never less than a batch': withTopic(async ({ log }) => {
    const value = 'x'.repeat(1000)
    for (let i = 0; i < 20; i++) await appended(log, [value])
    const tiny = await log.read(at, { offset: 3, bytesMax: 1 })
    assert.equal(tiny.ok && tiny.batches.length, 1)
    const some = await log.read(at, { offset: 0, bytesMax: 5500 })
    assert.equal(some.ok && some.batches.length, 5)
  }),
  'reading on from page to page sees every record once, in order': withTopic(async ({ log }) => {
    const values = Array.from({ length: 300 }, (_, i) => `${i}:${'x'.repeat((i * 37) % 500)}`)
    await Promise.all(values.map((value, i) => appended(log, [value], i, { topic: 'events', partition: i % 2 })))
    for (const partition of [0, 1]) {
      const seen: string[] = []
      for (let offset = 0; ;) {
        const read = await log.read({ topic: 'events', partition }, { offset, bytesMax: 2000 })
        seen.push(...valuesOf(read))
        if (!read.ok || read.batches.length === 0) break
        offset = baseOffset(read.batches.at(-1)!) + 1
      }
      assert.deepEqual(
        seen,
        values.filter((_, i) => i % 2 === partition),
      )
    }
  }),
  'a timestamp finds the first batch that reaches it': withTopic(async ({ log }) => {
    assert.equal(await log.findTimestamp(at, 0), undefined)
    await appended(log, ['a', 'b'], 100)
    await appended(log, ['c'], 50)
    await log.append(at, Buffer.concat([batchOf(['d'], 200), batchOf(['e', 'f'], 300)]))
    assert.deepEqual(await log.findTimestamp(at, 0), { offset: 0, timestampMs: 101 })
    assert.deepEqual(await log.findTimestamp(at, 101), { offset: 0, timestampMs: 101 })
    assert.deepEqual(await log.findTimestamp(at, 102), { offset: 3, timestampMs: 200 })
    assert.deepEqual(await log.findTimestamp(at, 201), { offset: 4, timestampMs: 301 })
    assert.equal(await log.findTimestamp(at, 302), undefined)
  }),
})

const waitingCases = (withTopic: WithTopic): Cases => ({
  'a listener hears of appends to its partition once they can be read, until it is disposed of': withTopic(
    async ({ log }) => {
      const seen: Promise<string[]>[] = []
      const listening = log.onAppend(at, () => void seen.push(log.read(at, everything).then(valuesOf)))
      await appended(log, ['x'], 0, { topic: 'events', partition: 1 })
      assert.equal(seen.length, 0)
      await appended(log, ['a'])
      assert.ok((await Promise.all(seen)).at(-1)?.includes('a'))
      const heard = seen.length
      listening[Symbol.dispose]()
      await appended(log, ['b'])
      assert.equal(seen.length, heard)
    },
  ),
  'a listener hears that its topic was deleted': withTopic(async ({ log }) => {
    let heard = 0
    using _listening = log.onAppend(at, () => heard++)
    await log.deleteTopic('events')
    assert.equal(heard, 1)
  }),
  'a listener may come before its topic': withTopic(async ({ log }) => {
    let heard = 0
    using _listening = log.onAppend({ topic: 'later', partition: 0 }, () => heard++)
    await log.createTopic({ name: 'later', partitions: 1 })
    await appended(log, ['a'], 0, { topic: 'later', partition: 0 })
    assert.ok(heard > 0)
  }),
})

const offsetCases = (withTopic: WithTopic): Cases => ({
  'a group finds again what it committed, the last of each partition': withTopic(async ({ log }) => {
    assert.deepEqual(await log.committedOffsets('g'), [])
    await log.commitOffsets('g', [
      { ...at, offset: 5 },
      { topic: 'events', partition: 1, offset: 7, leaderEpoch: 3, metadata: 'm' },
    ])
    await log.commitOffsets('g', [{ ...at, offset: 6, committedAtMs: 1234 }])
    const found = (await log.committedOffsets('g')).toSorted((a, b) => a.partition - b.partition)
    assert.deepEqual(found[0], { ...at, offset: 6, leaderEpoch: -1, metadata: '', committedAtMs: 1234 })
    assert.deepEqual(
      { ...found[1], committedAtMs: 0 },
      { topic: 'events', partition: 1, offset: 7, leaderEpoch: 3, metadata: 'm', committedAtMs: 0 },
    )
    assert.equal(found.length, 2)
    assert.deepEqual(await log.committedOffsets('other'), [])
  }),
  'groups are those that have committed': withTopic(async ({ log }) => {
    await log.commitOffsets('b', [{ ...at, offset: 1 }])
    await log.commitOffsets('a/ü 1', [{ ...at, offset: 1 }])
    assert.deepEqual(await log.groups(), ['a/ü 1', 'b'])
    await log.deleteOffsets('b')
    assert.deepEqual(await log.groups(), ['a/ü 1'])
    assert.deepEqual(await log.committedOffsets('b'), [])
  }),
  'offsets of single partitions can be forgotten': withTopic(async ({ log }) => {
    await log.commitOffsets('g', [
      { ...at, offset: 1 },
      { topic: 'events', partition: 1, offset: 2 },
    ])
    await log.deleteOffsets('g', [at, { topic: 'none', partition: 3 }])
    assert.deepEqual(
      (await log.committedOffsets('g')).map(({ partition }) => partition),
      [1],
    )
    await log.deleteOffsets('g', [{ topic: 'events', partition: 1 }])
    assert.deepEqual(await log.groups(), [])
  }),
  'hundreds of partitions are committed and forgotten together': withTopic(async ({ log }) => {
    await log.createTopic({ name: 'wide', partitions: 350 })
    const offsets = Array.from({ length: 350 }, (_, partition) => ({ topic: 'wide', partition, offset: partition }))
    await log.commitOffsets('g', offsets)
    assert.equal((await log.committedOffsets('g')).length, 350)
    await log.deleteTopic('wide')
    assert.deepEqual(await log.committedOffsets('g'), [])
    assert.deepEqual(await log.groups(), [])
  }),
  'a commit for a partition that is not there is refused whole': withTopic(async ({ log }) => {
    const commit = log.commitOffsets('g', [
      { ...at, offset: 1 },
      { topic: 'none', partition: 0, offset: 1 },
    ])
    await assert.rejects(commit, { code: 'not_found' })
    assert.deepEqual(await log.committedOffsets('g'), [])
  }),
  'bad groups, offsets and metadata are refused': withTopic(async ({ log }) => {
    for (const group of ['', 'x'.repeat(logLimits.groupNameBytes + 1), 'a\u0000b', '\ud800']) {
      await assert.rejects(log.commitOffsets(group, [{ ...at, offset: 1 }]), { code: 'invalid_request' })
    }
    await assert.rejects(log.commitOffsets('g', [{ ...at, offset: -1 }]), { code: 'invalid_request' })
    const metadata = 'x'.repeat(logLimits.offsetMetadataBytes + 1)
    await assert.rejects(log.commitOffsets('g', [{ ...at, offset: 1, metadata }]), { code: 'too_large' })
    await log.commitOffsets('x'.repeat(logLimits.groupNameBytes), [{ ...at, offset: 1, metadata: metadata.slice(1) }])
  }),
})

const tenantCases = (withTopic: WithTopic): Cases => ({
  'one tenant sees nothing of another': withTopic(async ({ opened, log }) => {
    await appended(log, ['secret'])
    await log.commitOffsets('g', [{ ...at, offset: 1 }])
    const other = opened.log.forTenant(newTenant())
    assert.deepEqual(await other.topics(), [])
    assert.deepEqual(await other.groups(), [])
    assert.equal(await other.bounds(at), undefined)
    await other.createTopic({ name: 'events', partitions: 1 })
    assert.equal(await appended(other, ['own']), 0)
    assert.deepEqual(valuesOf(await other.read(at, everything)), ['own'])
    assert.deepEqual(valuesOf(await log.read(at, everything)), ['secret'])
  }),
  'a dropped tenant has nothing left, and others keep theirs': withTopic(async ({ opened, tenant, log }) => {
    const other = opened.log.forTenant(newTenant())
    await other.createTopic({ name: 'events', partitions: 1 })
    await appended(other, ['kept'])
    await appended(log, ['gone'])
    await log.commitOffsets('g', [{ ...at, offset: 1 }])
    await opened.log.dropTenant(tenant)
    await opened.log.dropTenant(tenant)
    assert.deepEqual(await log.topics(), [])
    assert.deepEqual(await log.groups(), [])
    assert.equal(await log.bounds(at), undefined)
    assert.deepEqual(valuesOf(await other.read(at, everything)), ['kept'])
  }),
})

const durabilityCases = (withTopic: WithTopic): Cases => ({
  'everything is there after closing and opening again': withTopic(async ({ opened, tenant, log }) => {
    if (!opened.reopen) return
    const id = randomUUID()
    await appended(log, ['a', 'b'], 100)
    await appended(log, [id], 200)
    await log.commitOffsets('g', [{ ...at, offset: 2 }])
    const topics = await log.topics()
    const again = (await opened.reopen()).forTenant(tenant)
    assert.deepEqual(await again.topics(), topics)
    assert.deepEqual(await again.bounds(at), { startOffset: 0, endOffset: 3 })
    assert.deepEqual(valuesOf(await again.read(at, everything)), ['a', 'b', id])
    assert.deepEqual(await again.findTimestamp(at, 150), { offset: 2, timestampMs: 200 })
    assert.deepEqual(
      (await again.committedOffsets('g')).map(({ offset }) => offset),
      [2],
    )
    assert.equal(await appended(again, ['d']), 3)
  }),
})
