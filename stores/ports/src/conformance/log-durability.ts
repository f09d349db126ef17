import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Durability } from '../log.ts'
import { appended, at, batchOf, everything, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

export const durabilityCases = (withTopic: WithTopic): Cases => ({
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
  'appends for which the operating system is enough are read among the others, and are there after closing': withTopic(
    async ({ opened, tenant, log }) => {
      const append = async (value: string, durability: Durability): Promise<number> => {
        const result = await log.append(at, batchOf([value]), { durability })
        assert.ok(result.ok)
        assert.equal((await log.bounds(at))!.endOffset > result.baseOffset, true)
        return result.baseOffset
      }
      assert.deepEqual([await append('a', 'os'), await append('b', 'sync'), await append('c', 'os')], [0, 1, 2])
      const more = Array.from({ length: 20 }, (_, i) => append(`${i}`, i % 3 === 0 ? 'sync' : 'os'))
      assert.deepEqual(
        await Promise.all(more),
        more.map((_, i) => i + 3),
      )
      const values = ['a', 'b', 'c', ...more.map((_, i) => `${i}`)]
      assert.deepEqual(valuesOf(await log.read(at, everything)), values)
      if (!opened.reopen) return
      const again = (await opened.reopen()).forTenant(tenant)
      assert.deepEqual(valuesOf(await again.read(at, everything)), values)
      assert.equal(await appended(again, ['next']), values.length)
    },
  ),
  'added partitions and changed settings are there after closing and opening again': withTopic(
    async ({ opened, tenant, log }) => {
      if (!opened.reopen) return
      await log.createTopic({ name: 'between', partitions: 1 })
      for (const count of [3, 5]) {
        await log.addPartitions('events', count)
        await log.addPartitions('between', count - 1)
      }
      const partitions = [0, 1, 2, 3, 4].map((partition) => ({ topic: 'events', partition }))
      for (const to of partitions) await appended(log, [`${to.partition}`], 0, to)
      await log.changeSettings((await log.topic('events'))!, { 'retention.ms': '5' })
      const topics = await log.topics()
      const again = (await opened.reopen()).forTenant(tenant)
      assert.deepEqual(await again.topics(), topics)
      for (const to of partitions) assert.deepEqual(valuesOf(await again.read(to, everything)), [`${to.partition}`])
      assert.deepEqual(valuesOf(await again.read({ topic: 'between', partition: 3 }, everything)), [])
    },
  ),
  'what fails has not happened, and the log goes on afterwards': withTopic(async ({ opened, log }) => {
    if (!opened.failing) return
    for (const value of ['a', 'b', 'c']) await appended(log, [value])
    const topic = (await log.topic('events'))!
    const replace = (): undefined => undefined
    const attempts: (() => Promise<unknown>)[] = [
      () => log.append(at, batchOf(['d'])),
      () => log.append(at, batchOf(['d']), { durability: 'os' }),
      () => log.deleteRecords(at, 1),
      () => log.rewrite(at, { before: 2, replace }),
      () => log.commitOffsets('g', [{ ...at, offset: 1 }]),
      () => log.createTopic({ name: 'other', partitions: 1 }),
      () => log.addPartitions('events', 3),
      () => log.changeSettings(topic, { a: '1' }),
      () => log.deleteTopic('events'),
    ]
    for (const attempt of attempts) {
      opened.failing(true)
      await assert.rejects(attempt(), { code: 'unavailable' })
      opened.failing(false)
      assert.deepEqual(await log.topics(), [topic])
      assert.deepEqual(await log.bounds(at), { startOffset: 0, endOffset: 3 })
      assert.deepEqual(valuesOf(await log.read(at, everything)), ['a', 'b', 'c'])
      assert.deepEqual(await log.groups(), [])
    }
    for (const attempt of attempts) await attempt()
    assert.deepEqual(
      (await log.topics()).map(({ name }) => name),
      ['other'],
    )
  }),
})
