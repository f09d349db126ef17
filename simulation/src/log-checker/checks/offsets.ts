import { allSeen, nameOf, type Seen, works } from '../history.ts'
import type { LogCheck } from './check.ts'

/** One offset holds one value, for everybody who has read it or was told of it. */
export const offsetsAreConsistent: LogCheck = function* (history) {
  const held = new Map<string, string>()
  const told = new Set<string>()
  for (const seen of [...acknowledged(history), ...allSeen(history)]) {
    const at = `${seen.partition}@${seen.offset}`
    const value = held.get(at) ?? seen.value
    held.set(at, value)
    if (value !== seen.value && !told.has(at)) {
      told.add(at)
      yield `${at} holds ${value} and ${seen.value}`
    }
  }
}

function* acknowledged(history: Parameters<LogCheck>[0]): Iterable<Seen> {
  for (const { outcome, sends } of works(history)) {
    if (outcome !== 'ok') continue
    for (const { partition, value, offset } of sends) if (offset !== undefined) yield { partition, value, offset }
  }
}

/** What was sent once stands in its partition once. */
export const noDuplicates: LogCheck = function* (history) {
  const places = new Map<string, number>()
  const told = new Set<string>()
  for (const seen of allSeen(history)) {
    const what = `${seen.partition} ${seen.value}`
    const offset = places.get(what)
    if (offset === undefined) places.set(what, seen.offset)
    else if (offset !== seen.offset && !told.has(what)) {
      told.add(what)
      yield `${nameOf(seen)} stands there a second time, after @${offset}`
    }
  }
}
