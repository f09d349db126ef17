import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryDirectory } from '@koine/base/testing'
import { keepEvidence, summaryOf } from './evidence.ts'
import { runLogCluster } from './run-log-cluster.ts'
import { spoilings } from './spoil.ts'
import { countsOf, violationsOf } from './verdict.ts'

test('nothing is lost, doubled, torn or reordered while the program is killed and frozen', async (t) => {
  await using directory = temporaryDirectory()
  const progress = (line: string): void => t.diagnostic(line)
  const run = await runLogCluster({ kills: 8, freezes: 4, seconds: 30, dataDir: directory.path, progress })
  const { history } = run
  const violations = [...run.surprises, ...violationsOf(history)]
  if (violations.length > 0) {
    const file = keepEvidence(run, violations)
    assert.fail(`The history is in ${file}. ${summaryOf(run, violations)}\n${violations.join('\n')}`)
  }
  t.diagnostic(summaryOf(run, violations))
  const { acknowledged, committed, failed } = countsOf(history)
  assert.ok(acknowledged > 100 && committed > 10 && failed > 0, 'the clients got next to nothing done')
  for (const [name, { check, spoil }] of Object.entries(spoilings)) {
    await t.test(`and ${check} notices when the same history is spoiled: ${name}`, () => {
      const noticed = violationsOf(spoil(history))
      assert.ok(
        noticed.some((line) => line.startsWith(`${check}: `)),
        noticed.join('\n'),
      )
    })
  }
})
