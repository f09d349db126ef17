import type { LogCheck } from './checks/check.ts'
import { logChecks } from './checks/index.ts'
import type { LogHistory } from './history.ts'

const linesPerCheck = 20

/** Every anomaly of a history, each under the name of its check; none when it is good. */
export function checkLog(history: LogHistory, further: { readonly [name: string]: LogCheck } = {}): string[] {
  return Object.entries({ ...logChecks, ...further }).flatMap(([name, check]) => {
    const found: string[] = []
    for (const what of check(history)) {
      if (found.length === linesPerCheck) return [...found, `${name}: and more`]
      found.push(`${name}: ${what}`)
    }
    return found
  })
}
