import { type Entry, type LogHistory, nameOf, type Seen } from '../history.ts'
import type { LogCheck } from './check.ts'

/** What a process sends to a partition one after another gets ever larger offsets. */
export const sendsAreMonotonic: LogCheck = function* ({ entries }) {
  const last = new Map<string, Seen>()
  for (const entry of entries) {
    if (entry.kind !== 'work' || entry.outcome === 'failed') continue
    for (const { partition, value, offset } of entry.sends) {
      if (offset === undefined) continue
      const before = last.get(`${entry.process} ${partition}`)
      const sent = { partition, value, offset }
      if (before && before.offset >= offset) yield `${entry.process} sent ${nameOf(sent)} after ${nameOf(before)}`
      last.set(`${entry.process} ${partition}`, sent)
    }
  }
}

/** A consumer never goes back, unless it was assigned anew. */
export const pollsAreMonotonic: LogCheck = function* (history) {
  for (const { process, before, after } of steps(history)) {
    if (after.offset <= before.offset) yield `${process} read ${nameOf(after)} after ${nameOf(before)}`
  }
}

/** A consumer never leaves out a record that is there, unless it was assigned anew. */
export const noSkippedPolls: LogCheck = function* (history) {
  const byPartition = new Map<string, number[]>()
  for (const { partition, offset } of history.final) {
    const offsets = byPartition.get(partition)
    if (offsets) offsets.push(offset)
    else byPartition.set(partition, [offset])
  }
  for (const offsets of byPartition.values()) offsets.sort((a, b) => a - b)
  for (const { process, before, after } of steps(history)) {
    const skipped = firstAfter(byPartition.get(before.partition) ?? [], before.offset)
    if (skipped !== undefined && skipped < after.offset) {
      yield `${process} read ${nameOf(after)} after ${nameOf(before)} and left out @${skipped}`
    }
  }
}

/** Two records that a process has read from a partition one after the other. */
function* steps({ entries }: LogHistory): Iterable<{ process: string; before: Seen; after: Seen }> {
  const positions = new Map<string, Map<string, Seen>>()
  for (const entry of entries) {
    const { process } = entry
    if (entry.kind === 'reassigned') positions.delete(process)
    const own = positions.get(process) ?? new Map<string, Seen>()
    positions.set(process, own)
    for (const after of readsOf(entry)) {
      const before = own.get(after.partition)
      if (before) yield { process, before, after }
      own.set(after.partition, after)
    }
  }
}

const readsOf = (entry: Entry): readonly Seen[] => (entry.kind === 'poll' ? entry.records : [])

function firstAfter(ascending: readonly number[], offset: number): number | undefined {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= offset) low = middle + 1
    else high = middle
  }
  return ascending[low]
}
