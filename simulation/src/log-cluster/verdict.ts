import { checkLog } from '../log-checker/check-log.ts'
import { copiesAreExact } from '../log-checker/checks/copies.ts'
import { type LogHistory, works } from '../log-checker/history.ts'
import { groupReadsAll } from './group-reader.ts'

export const sources = ['in/0', 'in/1']
export const copies = ['out/0', 'out/1']
export const partitions = [...sources, ...copies]
export const groupMembers = ['g1', 'g2']

/** Every anomaly of a run, each under the name of its check. */
export const violationsOf = (history: LogHistory): string[] =>
  checkLog(history, {
    copiesAreExact: copiesAreExact(
      (partition) => sources.includes(partition),
      (partition) => copies.includes(partition),
    ),
    groupReadsAll: groupReadsAll(groupMembers),
  })

export interface Counts {
  readonly acknowledged: number
  readonly committed: number
  readonly failed: number
  readonly unknown: number
  readonly polled: number
  readonly final: number
}

export function countsOf(history: LogHistory): Counts {
  const all = [...works(history)]
  const withOutcome = (outcome: string): typeof all => all.filter((work) => work.outcome === outcome)
  const transactions = withOutcome('ok').filter(({ process }) => !process.startsWith('p'))
  return {
    acknowledged: withOutcome('ok').reduce((sum, { sends }) => sum + sends.length, 0),
    committed: transactions.length,
    failed: withOutcome('failed').length,
    unknown: withOutcome('unknown').length,
    polled: history.entries.reduce((sum, entry) => sum + (entry.kind === 'poll' ? entry.records.length : 0), 0),
    final: history.final.length,
  }
}
