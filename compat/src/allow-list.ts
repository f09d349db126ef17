import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How one test of a foreign suite, or one scenario of ours with a foreign client, ended. */
export interface Outcome {
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  /** Why it was left out, or what failed. */
  readonly reason?: string
}

/** What outcomes say against an allow list. */
export interface Verdict {
  /** Listed, and didn't pass: the reasons for which the run fails. */
  readonly regressions: readonly string[]
  /** Passed, and are to be listed. */
  readonly unlisted: readonly string[]
  /** Failed, and are expected to. */
  readonly knownFailures: readonly Outcome[]
}

/** The names in a suite's `allowed.txt`: what must pass, one a line. It only grows. Lines that start with `#` are comments. */
export function readAllowList(folder: string): ReadonlySet<string> {
  return new Set(
    readFileSync(join(folder, 'allowed.txt'), 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  )
}

export function judge(allowed: ReadonlySet<string>, outcomes: readonly Outcome[]): Verdict {
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]))
  const regressions = [...allowed].flatMap((name) => {
    const outcome = byName.get(name)
    if (outcome?.state === 'passed') return []
    if (!outcome) return [`${name}: did not run`]
    return [`${name}: ${outcome.state}${outcome.reason ? ` (${outcome.reason})` : ''}`]
  })
  const others = outcomes.filter(({ name }) => !allowed.has(name))
  return {
    regressions,
    unlisted: others.filter(({ state }) => state === 'passed').map(({ name }) => name),
    knownFailures: others.filter(({ state }) => state === 'failed'),
  }
}
