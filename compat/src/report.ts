import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from './allow-list.ts'

/** What one suite came to. */
export interface SuiteResult {
  readonly suite: string
  /** Of the foreign client. */
  readonly version: string
  readonly outcomes: readonly Outcome[]
}

const folder = join(import.meta.dirname, '../../.cache/compat-report')

/** Keeps the suite's result for the summary at the end of a whole run, in place of an earlier run's, and prints its line. */
export function record(result: SuiteResult): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${result.suite.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(result))
  console.log(line(result))
}

/** Forgets what earlier runs have recorded. */
export const clear = (): void => rmSync(folder, { recursive: true, force: true })

/** One line for each suite that has been recorded, by name. */
export function lines(): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((file) => line(JSON.parse(readFileSync(join(folder, file), 'utf8')) as SuiteResult))
}

/** `compat: <suite> <version>: passed N, failed N (names), skipped N (reasons)` */
export function line({ suite, version, outcomes }: SuiteResult): string {
  const of = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state)
  const [passed, failed, skipped] = [of('passed'), of('failed'), of('skipped')]
  const names = failed.map(({ name }) => name).join('; ')
  const counts = [
    `passed ${passed.length}`,
    `failed ${failed.length}${names && ` (${names})`}`,
    `skipped ${skipped.length}${reasonsOf(skipped)}`,
  ]
  return `compat: ${suite} ${version}: ${counts.join(', ')}`
}

function reasonsOf(skipped: readonly Outcome[]): string {
  if (skipped.length === 0) return ''
  const counts = Map.groupBy(skipped, ({ reason }) => reason ?? 'no reason given')
  return ` (${[...counts].map(([reason, some]) => `${some.length}: ${reason}`).join('; ')})`
}
