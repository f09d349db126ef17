import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureReport } from './report.ts'
import { simulate } from './simulate.ts'

test('a thousand seeds are good, in under a minute of the processor', async () => {
  const before = process.cpuUsage()
  for (let seed = 0; seed < 1000; seed++) {
    const outcome = await simulate(seed)
    assert.deepEqual(outcome.violations, [], failureReport(outcome))
  }
  // Not by the wall clock: other tests may share the machine. The runner's hooks on promises take three quarters of it.
  const { user, system } = process.cpuUsage(before)
  assert.ok((user + system) / 1e6 < 60, 'the runs got slower')
})
