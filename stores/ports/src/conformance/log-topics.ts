import assert from 'node:assert/strict'
import { logLimits } from '../log.ts'
import { appended, at, batchOf, everything, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

export const topicCases = (withTopic: WithTopic): Cases => ({
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
  'partitions are added behind those that are there, which keep what they hold': withTopic(async ({ log }) => {
    const before = await log.topic('events')
    await appended(log, ['a'])
    // So that the numbers of the next partitions don't follow on those of the first.
    await log.createTopic({ name: 'between', partitions: 2 })
    const grown = await log.addPartitions('events', 4)
    assert.deepEqual(grown, { ok: true, topic: { ...before, partitions: 4 } })
    assert.deepEqual(await log.topic('events'), { ...before, partitions: 4 })
    for (const [partition, value] of ['b', 'c', 'd', 'e'].entries()) {
      assert.equal(await appended(log, [value], 0, { topic: 'events', partition }), partition === 0 ? 1 : 0)
    }
    await appended(log, ['other'], 0, { topic: 'between', partition: 0 })
    for (const [partition, values] of [['a', 'b'], ['c'], ['d'], ['e']].entries()) {
      assert.deepEqual(valuesOf(await log.read({ topic: 'events', partition }, everything)), values)
    }
    assert.equal(await log.bounds({ topic: 'events', partition: 4 }), undefined)
  }),
  'partitions are never taken away, nor added to what is not there': withTopic(async ({ log }) => {
    for (const count of [1, 2]) {
      assert.deepEqual(await log.addPartitions('events', count), { ok: false, reason: 'not-more' })
    }
    assert.deepEqual(await log.addPartitions('none', 2), { ok: false, reason: 'no-such-topic' })
    for (const count of [0, -1, 2.5, Number.NaN, logLimits.partitionsPerTopic + 1]) {
      await assert.rejects(log.addPartitions('events', count), { code: 'invalid_request' })
    }
    const both = await Promise.all([3, 3].map((count) => log.addPartitions('events', count)))
    assert.equal(both.filter(({ ok }) => ok).length, 1)
    assert.equal((await log.topic('events'))?.partitions, 3)
  }),
  'all settings of a topic are replaced at once, of the topic that is meant': withTopic(async ({ log }) => {
    const made = await log.createTopic({ name: 'orders', partitions: 1, settings: { a: '1', b: '2' } })
    assert.ok(made.ok)
    const changed = await log.changeSettings(made.topic, { b: '3', c: '4' })
    assert.deepEqual(changed, { ...made.topic, settings: { b: '3', c: '4' } })
    assert.deepEqual(await log.topic('orders'), changed)
    assert.equal(await log.changeSettings({ name: 'orders', id: '0'.repeat(32) }, {}), undefined)
    assert.equal(await log.changeSettings({ name: 'none', id: made.topic.id }, {}), undefined)
    assert.deepEqual((await log.addPartitions('orders', 2)).ok, true)
    assert.deepEqual((await log.topic('orders'))?.settings, { b: '3', c: '4' })
    await log.deleteTopic('orders')
    await log.createTopic({ name: 'orders', partitions: 1 })
    assert.equal(await log.changeSettings(made.topic, { a: '5' }), undefined)
  }),
  'settings beyond the limit are refused': withTopic(async ({ log }) => {
    const topic = (await log.topic('events'))!
    const largest = { x: 'y'.repeat(logLimits.settingsBytes - 1) }
    assert.ok(await log.changeSettings(topic, largest))
    const tooLarge = { x: 'y'.repeat(logLimits.settingsBytes) }
    await assert.rejects(log.changeSettings(topic, tooLarge), { code: 'too_large' })
    await assert.rejects(log.createTopic({ name: 'new', partitions: 1, settings: tooLarge }), { code: 'too_large' })
    await assert.rejects(log.changeSettings(topic, { '': 'x' }), { code: 'invalid_request' })
    await assert.rejects(log.changeSettings(topic, { x: '\ud800' }), { code: 'invalid_request' })
    assert.deepEqual((await log.topic('events'))?.settings, largest)
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
