import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureReport } from '../report.ts'
import { simulateLog } from './simulate-log.ts'

test('three hundred seeds of producers, transactions and copiers are good', async () => {
  for (let seed = 1_000; seed < 1_300; seed++) {
    const outcome = await simulateLog(seed)
    assert.deepEqual(outcome.violations, [], failureReport(outcome, { log: true }))
  }
})
