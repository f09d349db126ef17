import { type Randomness, wholeNumber } from '@koine/base'

/** From and to, drawn evenly unless said. */
export type Range = readonly [least: number, most: number]

export interface Bursts {
  /** What the mean demand is multiplied by meanwhile. */
  readonly factor: Range
  readonly lengthMs: Range
  readonly gapMs: Range
  /** Chance that there is no demand at all instead. */
  readonly pauseChance: number
}

/** How some tenants behave. */
export interface Behaviour {
  readonly name: string
  /** What of a hundred tenants behave so. */
  readonly percent: number
  /** Mean demand over the quota, drawn evenly in its logarithm. */
  readonly mean: Range
  /** How far one step's demand may be from the one before. */
  readonly drift: number
  readonly bursts: Bursts | undefined
  /** The nodes that lead its partitions, and how uneven they are. */
  readonly place: (randomness: Randomness, nodes: number) => Placement
}

export interface Placement {
  readonly nodes: readonly number[]
  /** Parts of the demand by node of `nodes`, drawn anew whenever leaders or clients move; they add up to 1. */
  readonly weights: (randomness: Randomness) => number[]
}

export interface Population {
  readonly name: string
  readonly behaviours: readonly Behaviour[]
  /** How long a tenant's load stays where it is. */
  readonly stayMs: Range
}

export const drawn = (randomness: Randomness, [least, most]: Range): number =>
  least + randomness.fraction() * (most - least)

export const drawnLog = (randomness: Randomness, [least, most]: Range): number =>
  least * (most / least) ** randomness.fraction()

export function drawnBehaviour({ behaviours }: Population, randomness: Randomness): Behaviour {
  let percent = randomness.fraction() * 100
  for (const each of behaviours) {
    percent -= each.percent
    if (percent < 0) return each
  }
  return behaviours[0]!
}

export function shuffled(randomness: Randomness, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  for (let i = count - 1; i > 0; i--) {
    const j = wholeNumber(randomness, i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

/** Parts of 1 that fall off as Zipf has it; with a skew of 0 they are even. */
export function zipf(count: number, skew: number): number[] {
  const raw = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** skew)
  const total = raw.reduce((sum, each) => sum + each, 0)
  return raw.map((each) => each / total)
}
