import { copyOf } from '../log-checker/checks/copies.ts'
import { type LogHistory, works } from '../log-checker/history.ts'

/**
 * Ways to spoil the history of a good run, as a broken log would have: whoever doubts that the checks see anything tries
 * these. Each with the check that has to notice it.
 */
export const spoilings = {
  /** An acknowledged value is not there in the end. */
  lose: {
    check: 'noLostWrites',
    spoil: ({ entries, final }) => {
      const { value } = anAcknowledged({ entries, final })
      return { entries, final: final.filter((seen) => seen.value !== value && seen.value !== copyOf(value)) }
    },
  },
  /** A value stands there twice. */
  repeat: {
    check: 'noDuplicates',
    spoil: ({ entries, final }) => {
      const { partition, value } = anAcknowledged({ entries, final })
      const end = Math.max(...final.filter((seen) => seen.partition === partition).map(({ offset }) => offset)) + 1
      return { entries, final: [...final, { partition, value, offset: end }] }
    },
  },
  /** An aborted value is read. */
  revive: {
    check: 'noAbortedReads',
    spoil: ({ entries, final }) => {
      const aborted = [...works({ entries, final })].find(({ outcome }) => outcome === 'failed')?.sends[0]
      if (!aborted) throw new Error('Nothing was aborted in this run')
      return { entries, final: [...final, { ...aborted, offset: aborted.offset ?? 0 }] }
    },
  },
  /** A copy is made twice. */
  copyAgain: {
    check: 'copiesAreExact',
    spoil: ({ entries, final }) => {
      const copied = final.find(({ partition }) => partition.startsWith('out/'))
      if (!copied) throw new Error('Nothing was copied in this run')
      return { entries, final: [...final, { ...copied, offset: copied.offset + 1_000_000 }] }
    },
  },
} as const satisfies { readonly [name: string]: Spoiling }

interface Spoiling {
  readonly check: string
  readonly spoil: (history: LogHistory) => LogHistory
}

function anAcknowledged(history: LogHistory): { readonly partition: string; readonly value: string } {
  const sends = [...works(history)].filter(({ outcome }) => outcome === 'ok').flatMap((work) => work.sends)
  const sent = sends.filter(({ partition }) => partition.startsWith('in/'))
  const middle = sent[Math.floor(sent.length / 2)]
  if (!middle) throw new Error('Nothing was acknowledged in this run')
  return middle
}
