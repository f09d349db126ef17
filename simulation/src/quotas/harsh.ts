import { type Randomness, wholeNumber } from '@koine/base'
import { type Bursts, type Placement, type Population, shuffled, zipf } from './population.ts'

const bursts = (factor: Bursts['factor'], pauseChance: number): Bursts => ({
  factor,
  pauseChance,
  lengthMs: [300, 4_300],
  gapMs: [5_000, 45_000],
})

/** On one node, on a few or on many, and up to Zipf's second power uneven. */
function place(randomness: Randomness, nodes: number): Placement {
  const skew = randomness.fraction() * 2
  const spread = randomness.fraction()
  const few = 2 + wholeNumber(randomness, 5)
  const count = spread < 0.3 ? 1 : spread < 0.7 ? few : 7 + wholeNumber(randomness, nodes - 6)
  return {
    nodes: shuffled(randomness, nodes).slice(0, count),
    weights: (chance) => {
      const byRank = zipf(count, skew)
      return shuffled(chance, count).map((rank) => byRank[rank]!)
    },
  }
}

/**
 * Harder than any cell should be, to find where the rule ends: half of the tenants use a good part of what they pay for, a
 * third have everything on one node, their load moves every minute, and one in five bursts to a multiple of its use.
 */
export const harsh: Population = {
  name: 'harsh',
  stayMs: [20_000, 80_000],
  behaviours: [
    { name: 'quiet', percent: 50, mean: [0.001, 0.05], drift: 0.1, bursts: undefined, place },
    { name: 'steady', percent: 22, mean: [0.05, 0.6], drift: 0.1, bursts: undefined, place },
    { name: 'bursting', percent: 15, mean: [0.02, 0.25], drift: 0.1, bursts: bursts([2, 12], 0), place },
    { name: 'near-quota', percent: 5, mean: [0.6, 0.85], drift: 0.05, bursts: undefined, place },
    { name: 'over-quota', percent: 6, mean: [1.05, 4], drift: 0.1, bursts: bursts([1.5, 2], 0.5), place },
    { name: 'flooding', percent: 2, mean: [5, 12], drift: 0.1, bursts: bursts([1.5, 2], 0.5), place },
  ],
}
