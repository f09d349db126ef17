import type { SimulationOutcome } from './simulate.ts'

/** What to show of a run that failed: enough to see it, and how to see it again. */
export function failureReport({ seed, violations, trace }: SimulationOutcome, { log = false } = {}): string {
  return [
    `seed ${seed} failed:`,
    ...violations.slice(0, 10).map((violation) => `  ✗ ${violation}`),
    ...(violations.length > 10 ? [`  … and ${violations.length - 10} more`] : []),
    'the end of its trace:',
    ...trace.map((line) => `  ${line}`),
    `replay it: node simulation/src/main.ts ${log ? '--log ' : ''}--seed ${seed}`,
  ].join('\n')
}
