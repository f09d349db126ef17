import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killNine } from './testing/kill-nine/kill-nine.ts'

test('kill -9 under load loses nothing acknowledged and shows a deduplicating reader every event once, in order', async (t) => {
  const report = await killNine({ kills: 8, conversations: 5, progress: (line) => t.diagnostic(line) })
  assert.deepEqual(report.problems, [])
  assert.ok(report.acknowledged > 0, 'the load did nothing')
})
