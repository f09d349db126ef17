import type { LogCheck } from './check.ts'

/** How the values of a consume-transform-produce workload are named: the copy of `x` is `copy of x`. */
export const copyOf = (value: string): string => `copy of ${value}`

/** Exactly once: every committed value of the source has exactly one committed copy, and no copy is of anything else. */
export const copiesAreExact = (
  isSource: (partition: string) => boolean,
  isCopy: (partition: string) => boolean,
): LogCheck =>
  function* ({ final }) {
    const copies = new Map<string, number>()
    for (const { partition, value } of final) {
      if (isCopy(partition)) copies.set(value, (copies.get(value) ?? 0) + 1)
    }
    for (const { partition, value } of final) {
      if (!isSource(partition)) continue
      const count = copies.get(copyOf(value)) ?? 0
      if (count !== 1) yield `${value} was copied ${count} times`
      copies.delete(copyOf(value))
    }
    for (const value of copies.keys()) yield `${value} is there without its original`
  }
