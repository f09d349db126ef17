import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRate, formatShare, formatThrottled, shareOf, standingOf, summaryOf } from './usage-words.ts'
import { usageWith } from './usage.fixture.ts'

test('a quota is well, near from four fifths on, and over at its end or when somebody waited for it', () => {
  assert.equal(standingOf(79, 100), 'well')
  assert.equal(standingOf(80, 100), 'near')
  assert.equal(standingOf(100, 100), 'over')
  assert.equal(standingOf(10, 100, 1), 'over')
  assert.equal(standingOf(1e12, null), 'well', 'no quota')
  assert.equal(standingOf(1, 0), 'over', 'something, of a quota of nothing')
  assert.equal(standingOf(0, 0), 'well')
  assert.equal(shareOf(5, null), undefined)
})

test('figures are as short as they can be, and something is never nothing', () => {
  assert.equal(formatShare(0), '0%')
  assert.equal(formatShare(0.00001), '<0.1%')
  assert.equal(formatShare(0.4567), '45.7%')
  assert.equal(formatRate(0.44), '0.4/s')
  assert.equal(formatRate(1234.5), '1,235/s')
  assert.equal(formatThrottled(0.2), '1 ms')
  assert.equal(formatThrottled(3_260), '3.3 s')
  assert.equal(formatThrottled(1_243_700), '20.7 min', 'of many connections')
})

test('the summary names what throttles, else what is near', () => {
  assert.deepEqual(summaryOf(usageWith({})), { standing: 'well', text: 'Within all quotas' })
  const near = { partitions: { used: 19, quota: 20 } }
  assert.deepEqual(summaryOf(usageWith({ held: near })), { standing: 'near', text: 'Near the quota: partitions' })
  const produceBytesPerSecond = { perSecond: 10, quota: 1_000, throttledMs: 200 }
  assert.deepEqual(summaryOf(usageWith({ held: near, rates: { produceBytesPerSecond } })), {
    standing: 'over',
    text: 'At the quota: produce',
  })
})
