import type { Randomness } from '@koine/base'

const firstMs = 10
const maxMs = 1000

/** How long to wait after the n-th failed try: a chance up to a bound that doubles. */
export const jitteredMs = (tries: number, randomness: Randomness): number =>
  Math.ceil(randomness.fraction() * Math.min(maxMs, firstMs * 2 ** tries))
