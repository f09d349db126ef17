import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from './backoff.ts'

test('waits double up to a limit, and start over after a reset', () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1000, fraction: () => 0.999_999 })
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => backoff.nextMs()),
    [100, 200, 400, 800, 1000, 1000],
  )
  backoff.reset()
  assert.equal(backoff.nextMs(), 100)
})

test('chance takes any part of a wait off, so that clients spread', () => {
  for (const fraction of [0, 0.25, 0.5]) {
    const backoff = new Backoff({ firstMs: 100, maxMs: 1000, fraction: () => fraction })
    assert.equal(backoff.nextMs(), 100 * fraction)
  }
})
