import assert from 'node:assert/strict'
import type { TenantLog } from '../log.ts'
import { appended, at, everything, newTenant, otherAt, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

const bytesRead = async (log: TenantLog): Promise<number> => {
  const { cache, local, tiered } = (await log.usage()).readBytes
  return cache + local + tiered
}

export const usageCases = (withTopic: WithTopic): Cases => ({
  'usage tells what the records of all partitions take, and of that tenant alone': withTopic(
    async ({ opened, log }) => {
      for (let i = 0; i < 20; i++) await appended(log, [`${i}`.padEnd(500, '.')], i, i % 2 ? at : otherAt)
      const held = (await log.size(at))! + (await log.size(otherAt))!
      const { localBytes, tieredBytes, localSegments, tieredSegments, damagedSegments } = await log.usage()
      assert.ok(localBytes + tieredBytes >= held, `${localBytes} and ${tieredBytes} bytes for ${held}`)
      assert.ok(localSegments + tieredSegments >= 1)
      assert.equal(damagedSegments, 0)
      const other = opened.log.forTenant(newTenant())
      const readBytes = { cache: 0, local: 0, tiered: 0 }
      const sums = { localSegments: 0, localBytes: 0, tieredSegments: 0, tieredBytes: 0, damagedSegments: 0 }
      assert.deepEqual(await other.usage(), { ...sums, readBytes })
    },
  ),
  'usage counts the bytes that are read, wherever they come from': withTopic(async ({ log }) => {
    for (let i = 0; i < 5; i++) await appended(log, [`${i}`.padEnd(500, '.')])
    const before = await bytesRead(log)
    assert.equal(valuesOf(await log.read(at, everything)).length, 5)
    const counted = (await bytesRead(log)) - before
    assert.ok(counted >= (await log.size(at))!, `${counted} bytes were counted`)
  }),
})
