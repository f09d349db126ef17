import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judge, type Outcome, readAllowList } from './allow-list.ts'
import { record } from './report.ts'

/** One scenario with a foreign client; its name is a line of the suite's `allowed.txt` when it must pass. */
export type Scenario = (name: string, run: () => Promise<void>) => void

export interface ScenarioSuite {
  /** As the report names it. */
  readonly suite: string
  readonly version: string
  /** Where its `allowed.txt` is. */
  readonly folder: string
  /** Why it can't run on this machine, from `peer()`. */
  readonly skip?: string | false
}

/**
 * Declares a suite of scenarios. One that is on the allow list must pass; the failure of another one is told as a to-do
 * that doesn't fail the run.
 */
export function scenarios(
  { suite, version, folder, skip = false }: ScenarioSuite,
  declare: (scenario: Scenario) => void,
) {
  const allowed = readAllowList(folder)
  const outcomes: Outcome[] = []
  describe(`${suite} ${version}`, { skip }, () => {
    declare((name, run) => {
      void test(name, async (context) => {
        try {
          await run()
          outcomes.push({ name, state: 'passed' })
        } catch (error) {
          outcomes.push({ name, state: 'failed', reason: String(error) })
          if (!allowed.has(name)) context.todo('known to fail: see FINDINGS.md')
          throw error
        }
      })
    })
    // Not a hook: what the suite has opened is to be closed even when this fails.
    void test('all that allowed.txt lists has passed', () => conclude({ suite, version, allowed, outcomes }))
  })
  if (skip) recordSkipped({ suite, version, allowed, reason: skip })
}

/** Records a suite that can't run on this machine. */
export function recordSkipped({
  suite,
  version,
  allowed,
  reason,
}: Omit<Conclusion, 'outcomes'> & { reason: string }): void {
  record({ suite, version, outcomes: [...allowed].map((name) => ({ name, state: 'skipped', reason })) })
}

interface Conclusion {
  readonly suite: string
  readonly version: string
  readonly allowed: ReadonlySet<string>
  readonly outcomes: readonly Outcome[]
}

/** Records how the suite ended, and tells what is to be listed. Fails when a listed test didn't pass. */
export function conclude({ suite, version, allowed, outcomes }: Conclusion): void {
  const { regressions, unlisted } = judge(allowed, outcomes)
  record({ suite, version, outcomes })
  for (const name of unlisted) console.log(`compat: ${suite}: passes and is to be listed in allowed.txt: ${name}`)
  assert.deepEqual(regressions, [], `${suite}: what allowed.txt lists must pass`)
}
