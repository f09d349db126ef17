import assert from 'node:assert/strict'
import { appended, at, everything, newTenant, valuesOf, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

export const tenantCases = (withTopic: WithTopic): Cases => ({
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
