import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mainScenario } from './scenarios/main.ts'

test('the main scenario runs small, and every measure is a number', { timeout: 180_000 }, async (t) => {
  const measures = await mainScenario({ runs: 1, small: true, progress: (line) => t.diagnostic(line) })
  assert.ok(measures.length > 15)
  for (const { id, ours } of measures) assert.ok(Number.isFinite(ours), id)
})
