import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvariantBroken, seededRandomness, type TenantId, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { cacheConformance } from '../conformance/cache.ts'
import { MemoryCache } from './memory-cache.ts'

const newTenant = (): TenantId => tenantIds.make({ clock: new ManualClock(), randomness: seededRandomness(7) })
const hour = 3_600_000

cacheConformance('memory', async () => {
  const clock = new ManualClock()
  const cache = new MemoryCache({ clock })
  return { cache, pass: async (ms) => clock.advance(ms), [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose]() }
})

test('a cache at its bound of entries forgets the least recently used of the largest tenant', async () => {
  const cache = new MemoryCache({ clock: new ManualClock(), limits: { entries: 10, bytes: 1 << 20 } })
  const [small, large] = [cache.forTenant(newTenant()), cache.forTenant('tenant_large' as TenantId)]
  const at = (i: number): { slot: string; name: string } => ({ slot: 'user', name: `${i}` })
  await small.increment(at(0), 1, hour)
  for (let i = 0; i < 9; i++) await large.increment(at(i), 1, hour)
  assert.equal(await large.count(at(0)), 1) // Used again, so no longer the oldest.
  await large.increment(at(9), 1, hour)
  assert.equal(cache.size.entries, 10)
  assert.equal(await small.has(at(0)), true)
  assert.equal(await large.has(at(0)), true)
  assert.equal(await large.has(at(1)), false)
})

test('a cache stays within its bytes, whatever one key grows to', async () => {
  const cache = new MemoryCache({ clock: new ManualClock(), limits: { entries: 1000, bytes: 50_000 } })
  const tenant = cache.forTenant(newTenant())
  for (let i = 0; i < 200; i++) {
    await tenant.hashSet({ slot: 'a', name: 'hash' }, { [`field ${i}`]: 'x'.repeat(100) }, hour)
    await tenant.sortedAdd({ slot: 'a', name: 'set' }, [{ member: `member ${i}`, score: i }], { expiresInMs: hour })
    assert.ok(cache.size.bytes <= 50_000)
  }
  await tenant.delete({ slot: 'a', name: 'hash' })
  await tenant.delete({ slot: 'a', name: 'set' })
  assert.deepEqual(cache.size, { entries: 0, bytes: 0 })
})

test('keys that expired go while others are written, without being asked for', async () => {
  const clock = new ManualClock()
  const cache = new MemoryCache({ clock })
  const tenant = cache.forTenant(newTenant())
  for (let i = 0; i < 100; i++) await tenant.increment({ slot: 'old', name: `${i}` }, 1, 1000)
  clock.advance(1000)
  for (let i = 0; i < 100; i++) await tenant.increment({ slot: 'new', name: `${i}` }, 1, hour)
  assert.equal(cache.size.entries, 100)
})

test('a subscriber that throws breaks an invariant after the others were served', async () => {
  const cache = new MemoryCache({ clock: new ManualClock() })
  const tenant = cache.forTenant(newTenant())
  const heard: string[] = []
  await tenant.subscribe('news', () => assert.fail('broken subscriber'))
  await tenant.subscribe('news', (message) => heard.push(message))
  await assert.rejects(tenant.publish('news', 'a'), InvariantBroken)
  assert.deepEqual(heard, ['a'])
})

test('a fault before an operation prevents it, one after it hides that it happened', async () => {
  let failing = ''
  const fail = (when: string, operation: string): void => {
    if (failing === `${when} ${operation}`) throw new Error(failing)
  }
  const faults = { before: (o: string) => fail('before', o), after: (o: string) => fail('after', o) }
  const cache = new MemoryCache({ clock: new ManualClock(), faults }).forTenant(newTenant())
  const key = { slot: 'a', name: 'b' }
  failing = 'before cache.increment'
  await assert.rejects(cache.increment(key, 1, hour))
  assert.equal(await cache.count(key), undefined)
  failing = 'after cache.increment'
  await assert.rejects(cache.increment(key, 1, hour))
  assert.equal(await cache.count(key), 1)
})
