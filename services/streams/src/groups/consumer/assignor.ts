import type { Assignor } from './assignor-input.ts'
import { assignRange } from './range-assignor.ts'
import { assignUniformly } from './uniform-assignor.ts'

/** The first is the one that a group has whose members don't choose. */
const assignors: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', assignUniformly],
  ['range', assignRange],
])

export const assignorNames: readonly string[] = [...assignors.keys()]

export const assignorOf = (name: string): Assignor | undefined => assignors.get(name)

/** What most of those want that have a wish. */
export function preferredAssignor(wishes: Iterable<string | null>): string {
  const votes = new Map<string, number>()
  for (const wish of wishes) if (wish !== null) votes.set(wish, (votes.get(wish) ?? 0) + 1)
  return [...votes].reduce((best, each) => (each[1] > best[1] ? each : best), [assignorNames[0]!, 0])[0]
}
