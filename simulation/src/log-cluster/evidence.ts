import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogClusterRun } from './run-log-cluster.ts'
import { countsOf } from './verdict.ts'

export function summaryOf(run: LogClusterRun, violations: readonly string[]): string {
  const { acknowledged, committed, failed, unknown, polled, final } = countsOf(run.history)
  const errors = [...run.errors].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`)
  return [
    `${run.kills} kills, ${run.freezes} freezes: ${acknowledged} records acknowledged, ${committed} transactions committed, ` +
      `${failed} failed or aborted, ${unknown} unknown; ${polled} records polled, ${final} in the end; ` +
      `${violations.length} violations`,
    `clients were told: ${errors.join(', ') || 'no errors'}`,
  ].join('\n')
}

/** Keeps the history of a run that failed; returns the file. */
export function keepEvidence(run: LogClusterRun, violations: readonly string[]): string {
  const file = join(tmpdir(), `koine-log-history-${process.pid}-${Date.now()}.json`)
  writeFileSync(file, JSON.stringify({ violations, ...run, errors: [...run.errors] }, undefined, 1))
  return file
}
