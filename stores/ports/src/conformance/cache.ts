import assert from 'node:assert/strict'
import { InvariantBroken, type TenantId, tenantIds } from '@koine/base'
import { seededRandomness, systemClock } from '@koine/base'
import { until } from '@koine/base/testing'
import { type Cache, cacheLimits, type TenantCache } from '../cache.ts'
import { type Cases, registerSuite, type Skip } from './suite.ts'

export interface OpenedCache extends AsyncDisposable {
  readonly cache: Cache
  /** Lets this much time pass for expiries. */
  readonly pass: (ms: number) => Promise<void>
}

const randomness = seededRandomness(1)
const newTenant = (): TenantId => tenantIds.make({ clock: systemClock, randomness })
const key = { slot: 'asha', name: 'thing' }
const hour = 3_600_000
const rejectsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code

/** What every engine of the cache port does. */
export function cacheConformance(
  name: string,
  open: () => Promise<OpenedCache>,
  options: { readonly skip?: readonly Skip[] } = {},
): void {
  const withCache =
    (body: (cache: TenantCache, opened: OpenedCache, tenant: TenantId) => Promise<void>) => async (): Promise<void> => {
      await using opened = await open()
      const tenant = newTenant()
      await body(opened.cache.forTenant(tenant), opened, tenant)
    }
  const cases: Cases = { ...keyCases(withCache), ...typeCases(withCache), ...channelCases(withCache) }
  registerSuite(`cache: ${name}`, cases, options.skip)
}

type WithCache = (
  body: (cache: TenantCache, opened: OpenedCache, tenant: TenantId) => Promise<void>,
) => () => Promise<void>

const keyCases = (withCache: WithCache): Cases => ({
  'a counter starts at nothing and returns its count': withCache(async (cache) => {
    assert.equal(await cache.count(key), undefined)
    assert.equal(await cache.increment(key, 3, hour), 3)
    assert.equal(await cache.increment(key, -5, hour), -2)
    assert.equal(await cache.count(key), -2)
  }),
  'concurrent increments are all counted': withCache(async (cache) => {
    const counts = await Promise.all(Array.from({ length: 50 }, () => cache.increment(key, 1, hour)))
    assert.deepEqual(new Set(counts), new Set(Array.from({ length: 50 }, (_, i) => i + 1)))
  }),
  'a counter expires by the increment that made it, not by later ones': withCache(async (cache, { pass }) => {
    await cache.increment(key, 1, 1000)
    await pass(600)
    await cache.increment(key, 1, hour)
    await pass(600)
    assert.equal(await cache.count(key), undefined)
    assert.equal(await cache.increment(key, 1, 1000), 1)
  }),
  'each write to a hash or a sorted set says anew how long it lives': withCache(async (cache, { pass }) => {
    const set = { slot: 'asha', name: 'set' }
    await cache.hashSet(key, { a: '1' }, 1000)
    await cache.sortedAdd(set, [{ member: 'a', score: 1 }], { expiresInMs: 1000 })
    await pass(600)
    await cache.hashSet(key, { b: '2' }, 1000)
    await cache.sortedAdd(set, [{ member: 'b', score: 2 }], { expiresInMs: 1000 })
    await pass(600)
    assert.deepEqual(await cache.hashGetAll(key), { a: '1', b: '2' })
    assert.equal((await cache.sortedRange(set, { direction: 'ascending', limit: 10 })).length, 2)
    await pass(600)
    assert.deepEqual(await cache.hashGetAll(key), {})
    assert.equal(await cache.has(key), false)
    assert.deepEqual(await cache.sortedRange(set, { direction: 'ascending', limit: 10 }), [])
  }),
  'has and delete work on keys of every type': withCache(async (cache) => {
    const make = [
      () => cache.increment(key, 1, hour),
      () => cache.hashSet(key, { a: '1' }, hour),
      () => cache.sortedAdd(key, [{ member: 'a', score: 1 }], { expiresInMs: hour }),
    ]
    for (const each of make) {
      assert.equal(await cache.has(key), false)
      await each()
      assert.equal(await cache.has(key), true)
      await cache.delete(key)
    }
    await cache.delete(key)
    assert.equal(await cache.has(key), false)
  }),
  "another type's operation on a key is a broken invariant": withCache(async (cache) => {
    await cache.increment(key, 1, hour)
    await assert.rejects(cache.hashGet(key, 'a'), InvariantBroken)
    await assert.rejects(cache.hashSet(key, { a: '1' }, hour), InvariantBroken)
    await assert.rejects(cache.sortedRange(key, { direction: 'ascending', limit: 1 }), InvariantBroken)
    assert.equal(await cache.count(key), 1)
  }),
  'slot and name both tell keys apart': withCache(async (cache) => {
    await cache.increment({ slot: 'ab', name: 'c' }, 1, hour)
    assert.equal(await cache.count({ slot: 'a', name: 'bc' }), undefined)
    assert.equal(await cache.count({ slot: 'ab', name: 'd' }), undefined)
  }),
  'tenants share nothing, and dropping one leaves the others': withCache(async (cache, { cache: whole }, tenant) => {
    const other = whole.forTenant(newTenant())
    await cache.increment(key, 1, hour)
    assert.equal(await other.count(key), undefined)
    await other.increment(key, 5, hour)
    await whole.dropTenant(tenant)
    assert.equal(await cache.count(key), undefined)
    assert.equal(await other.count(key), 5)
  }),
  'keys, values and messages over their bounds are refused': withCache(async (cache) => {
    const tooLarge = rejectsWith('too_large')
    await assert.rejects(cache.increment({ slot: 'a', name: 'x'.repeat(cacheLimits.keyBytes) }, 1, hour), tooLarge)
    await assert.rejects(cache.hashSet(key, { a: 'x'.repeat(cacheLimits.valueBytes) }, hour), tooLarge)
    await assert.rejects(cache.publish('é'.repeat(cacheLimits.channelBytes / 2 + 1), ''), tooLarge)
    await assert.rejects(cache.publish('a', 'x'.repeat(cacheLimits.messageBytes + 1)), tooLarge)
    assert.equal(await cache.has(key), false)
  }),
})

const typeCases = (withCache: WithCache): Cases => ({
  'a hash keeps its fields': withCache(async (cache) => {
    assert.deepEqual(await cache.hashGetAll(key), {})
    await cache.hashSet(key, { a: '1', b: '' }, hour)
    await cache.hashSet(key, { a: '2', ['__proto__']: 'p' }, hour)
    assert.equal(await cache.hashGet(key, 'a'), '2')
    assert.equal(await cache.hashGet(key, 'b'), '')
    assert.equal(await cache.hashGet(key, 'c'), undefined)
    assert.equal(await cache.hashGet(key, '__proto__'), 'p')
    assert.deepEqual(
      new Map(Object.entries(await cache.hashGetAll(key))),
      new Map([
        ['a', '2'],
        ['b', ''],
        ['__proto__', 'p'],
      ]),
    )
  }),
  'a hash or a sorted set without its last member is gone': withCache(async (cache) => {
    await cache.hashSet(key, { a: '1', b: '2' }, hour)
    await cache.hashDelete(key, ['a', 'none'])
    assert.equal(await cache.has(key), true)
    await cache.hashDelete(key, ['b'])
    assert.equal(await cache.has(key), false)
    await cache.sortedAdd(key, [{ member: 'a', score: 1 }], { expiresInMs: hour })
    await cache.sortedRemove(key, ['a', 'none'])
    assert.equal(await cache.has(key), false)
    await cache.increment(key, 1, hour)
  }),
  'a sorted set is in order of score, then of the member bytewise': withCache(async (cache) => {
    const members = [
      { member: '\u{10000}', score: 1 },
      { member: '\uffee', score: 1 },
      { member: 'a', score: 2.5 },
      { member: 'B', score: 1 },
      { member: 'z', score: -3 },
    ]
    await cache.sortedAdd(key, members, { expiresInMs: hour })
    const ascending = await cache.sortedRange(key, { direction: 'ascending', limit: 10 })
    const names = ascending.map(({ member }) => member)
    assert.deepEqual(names, ['z', 'B', '\uffee', '\u{10000}', 'a'])
    const descending = await cache.sortedRange(key, { direction: 'descending', limit: 10 })
    assert.deepEqual(descending, ascending.toReversed())
  }),
  'a range has an offset and a limit in either direction': withCache(async (cache) => {
    const members = ['a', 'b', 'c', 'd'].map((member, score) => ({ member, score }))
    await cache.sortedAdd(key, members, { expiresInMs: hour })
    const check = async (
      options: { direction: 'ascending' | 'descending'; offset?: number; limit: number },
      expected: string,
    ): Promise<void> => {
      const range = await cache.sortedRange(key, options)
      assert.equal(range.map(({ member }) => member).join(''), expected)
    }
    await check({ direction: 'ascending', limit: 2 }, 'ab')
    await check({ direction: 'ascending', offset: 1, limit: 2 }, 'bc')
    await check({ direction: 'ascending', offset: 3, limit: 2 }, 'd')
    await check({ direction: 'ascending', offset: 4, limit: 2 }, '')
    await check({ direction: 'ascending', limit: 0 }, '')
    await check({ direction: 'descending', limit: 2 }, 'dc')
    await check({ direction: 'descending', offset: 2, limit: 9 }, 'ba')
    await check({ direction: 'descending', offset: 9, limit: 9 }, '')
  }),
  'adding a member again moves it': withCache(async (cache) => {
    const options = { expiresInMs: hour }
    await cache.sortedAdd(
      key,
      [
        { member: 'a', score: 1 },
        { member: 'b', score: 2 },
      ],
      options,
    )
    await cache.sortedAdd(key, [{ member: 'a', score: 3 }], options)
    assert.deepEqual(await cache.sortedRange(key, { direction: 'ascending', limit: 10 }), [
      { member: 'b', score: 2 },
      { member: 'a', score: 3 },
    ])
  }),
  'a bounded sorted set keeps the highest scores': withCache(async (cache) => {
    const options = { expiresInMs: hour, keep: 2 }
    await cache.sortedAdd(
      key,
      [
        { member: 'a', score: 1 },
        { member: 'b', score: 2 },
      ],
      options,
    )
    await cache.sortedAdd(
      key,
      [
        { member: 'c', score: 3 },
        { member: 'd', score: 0 },
      ],
      options,
    )
    const kept = await cache.sortedRange(key, { direction: 'ascending', limit: 10 })
    assert.deepEqual(kept, [
      { member: 'b', score: 2 },
      { member: 'c', score: 3 },
    ])
  }),
})

const channelCases = (withCache: WithCache): Cases => ({
  'a message reaches every subscriber of the channel, in order': withCache(async (cache) => {
    const heard: string[][] = [[], []]
    await using _first = await cache.subscribe('news', (message) => heard[0]!.push(message))
    await using _second = await cache.subscribe('news', (message) => heard[1]!.push(message))
    await using _else = await cache.subscribe('weather', () => assert.fail('another channel'))
    const sent = Array.from({ length: 20 }, (_, i) => `${i} \u{1f600}`)
    for (const message of sent) await cache.publish('news', message)
    await until('both heard all', () => heard.every((each) => each.length === sent.length))
    assert.deepEqual(heard, [sent, sent])
  }),
  'who subscribes later or has stopped hears nothing': withCache(async (cache) => {
    const early: string[] = []
    const late: string[] = []
    const stop = await cache.subscribe('news', (message) => early.push(message))
    await cache.publish('news', 'one')
    await until('the first was heard', () => early.length === 1)
    await stop[Symbol.asyncDispose]()
    await using _late = await cache.subscribe('news', (message) => late.push(message))
    await cache.publish('news', 'two')
    await until('the second was heard', () => late.length === 1)
    assert.deepEqual([early, late], [['one'], ['two']])
  }),
  'a message published with nobody listening is lost without an error': withCache(async (cache) => {
    await cache.publish('news', 'to nobody')
  }),
  'a channel of one tenant is not heard by another': withCache(async (cache, { cache: whole }) => {
    const heard: string[] = []
    const other = whole.forTenant(newTenant())
    await using _mine = await cache.subscribe('news', (message) => heard.push(`mine ${message}`))
    await using _theirs = await other.subscribe('news', (message) => heard.push(`theirs ${message}`))
    await cache.publish('news', 'a')
    await other.publish('news', 'b')
    await until('both were heard', () => heard.length === 2)
    assert.deepEqual(heard.sort(), ['mine a', 'theirs b'])
  }),
  'a subscriber that publishes does not overtake': withCache(async (cache) => {
    const heard: string[] = []
    const answers: Promise<void>[] = []
    await using _first = await cache.subscribe('news', (message) => {
      if (message === 'ask') answers.push(cache.publish('news', 'answer'))
    })
    await using _second = await cache.subscribe('news', (message) => heard.push(message))
    await cache.publish('news', 'ask')
    await until('both were heard', () => heard.length === 2)
    await Promise.all(answers)
    assert.deepEqual(heard, ['ask', 'answer'])
  }),
})
