import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overloadScenario } from '../scenarios/overload.ts'

test('the overload scenario runs small, and every measure is a number', { timeout: 120_000 }, async (t) => {
  const measures = await overloadScenario({ runs: 1, small: true, progress: (line) => t.diagnostic(line) })
  for (const { id, ours, peer } of measures) assert.ok(Number.isFinite(ours) && Number.isFinite(peer), id)
})
