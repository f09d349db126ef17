import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureReport } from './report.ts'
import { sabotages } from './sabotage.ts'
import { simulate } from './simulate.ts'

test('fifty seeds are good', async () => {
  for (let seed = 0; seed < 50; seed++) {
    const outcome = await simulate(seed)
    assert.deepEqual(outcome.violations, [], failureReport(outcome))
  }
})

test('the same seed is the same run, and another seed another', async () => {
  const [first, again, other] = [await simulate(7), await simulate(7), await simulate(8)]
  assert.equal(again.fingerprint, first.fingerprint)
  assert.notEqual(other.fingerprint, first.fingerprint)
})

test('runs see crashes, messages and time', async () => {
  const outcomes = []
  for (let seed = 0; seed < 10; seed++) outcomes.push(await simulate(seed))
  assert.ok(outcomes.reduce((sum, { crashes }) => sum + crashes, 0) > 5)
  assert.ok(outcomes.every(({ messages }) => messages > 0))
  assert.ok(outcomes.every(({ virtualMs }) => virtualMs > 20_000))
})

test('the report of a failing seed says what broke, shows the end, and how to replay it', async () => {
  const outcome = await simulate(3, { sabotage: sabotages.eventsNotCommitted })
  const report = failureReport(outcome)
  assert.match(report, /^seed 3 failed:\n {2}✗ \w+: /)
  assert.match(report, /the end of its trace:\n[^]* ms {2}/)
  assert.match(report, /replay it: node simulation\/src\/main.ts --seed 3$/)
})
