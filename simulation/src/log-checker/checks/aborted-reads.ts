import { allSeen, nameOf, works } from '../history.ts'
import type { LogCheck } from './check.ts'

/** Nobody reads what was refused or aborted (G1a), or what nobody has sent. */
export const noAbortedReads: LogCheck = function* (history) {
  const outcomes = new Map<string, string>()
  for (const { outcome, sends } of works(history)) {
    for (const { partition, value } of sends) outcomes.set(`${partition} ${value}`, outcome)
  }
  const told = new Set<string>()
  for (const seen of allSeen(history)) {
    const what = `${seen.partition} ${seen.value}`
    const outcome = outcomes.get(what)
    if (told.has(what) || (outcome !== undefined && outcome !== 'failed')) continue
    told.add(what)
    yield outcome ? `${nameOf(seen)} was read although it had failed` : `${nameOf(seen)} was read and never sent`
  }
}
