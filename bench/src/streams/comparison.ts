import { type Measure, measure, spread } from '../result.ts'

export type Bar = { readonly atLeast: number } | { readonly atMost: number }

export interface Compared {
  readonly id: string
  readonly unit: string
  readonly bar: Bar
  /** Counted runs, in order. */
  readonly ours: readonly number[]
  readonly peer: readonly number[]
  /** What was measured, where the name doesn't say it. */
  readonly note?: string
}

/** Medians, their ratio, and whether it meets the bar. */
export function compared({ id, unit, bar, ours, peer, note }: Compared): Measure {
  const [mine, theirs] = [measure(id, unit, ours), measure(id, unit, peer)]
  const ratio = mine.ours / theirs.ours
  return {
    ...mine,
    peer: theirs.ours,
    peerRuns: theirs.runs,
    spread: spread(ours),
    peerSpread: spread(peer),
    ratio: Number(ratio.toPrecision(4)),
    bar: 'atLeast' in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`,
    met: 'atLeast' in bar ? ratio >= bar.atLeast : ratio <= bar.atMost,
    ...(note !== undefined && { note }),
  }
}
