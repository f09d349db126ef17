import { compareBytewise } from '@koine/stores-ports'
import { type EntryValue, ownValue } from '../entry.ts'
import type { LayerEntry } from './layer.ts'

type Entry = { readonly key: string; readonly value: EntryValue }

/**
 * Ordered sources as one, the first of which counts where several have a key; removed entries are left out. Values are the
 * reader's own.
 */
export function* mergedRange(sources: readonly Iterable<LayerEntry>[], reverse: boolean): Generator<Entry> {
  const iterators = sources.map((source) => source[Symbol.iterator]())
  const heads = iterators.map((iterator) => iterator.next())
  try {
    for (;;) {
      const first = firstOf(heads, reverse)
      if (!first) return
      const { key, value } = first
      for (const [at, head] of heads.entries()) {
        if (!head.done && head.value.key === key) heads[at] = iterators[at]!.next()
      }
      if (value !== null) yield { key, value: ownValue(value) }
    }
  } finally {
    for (const iterator of iterators) iterator.return?.()
  }
}

function firstOf(heads: readonly IteratorResult<LayerEntry>[], reverse: boolean): LayerEntry | undefined {
  let first: LayerEntry | undefined
  for (const head of heads) {
    if (head.done) continue
    const order = first === undefined ? -1 : compareBytewise(head.value.key, first.key)
    if (reverse && first !== undefined ? order > 0 : order < 0) first = head.value
  }
  return first
}
