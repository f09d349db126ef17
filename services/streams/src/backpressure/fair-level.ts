export interface Claim {
  readonly weight: number
  /** Work per second that it would do; Infinity for all it can get. */
  readonly demand: number
}

/**
 * Weighted max-min fairness as one number: when each gets no more than this times its weight, together they do `budget` of
 * work, and what some leave goes to the others. Where all of them together want less than the budget, what is over is
 * shared out by weight above the one that wants most for its weight.
 * @param claims with weights above 0
 */
export function fairLevel(budget: number, claims: readonly Claim[]): number {
  if (claims.length === 0) return Infinity
  const byLevel = claims
    .map(({ weight, demand }) => ({ weight, demand, level: demand / weight }))
    .toSorted((a, b) => (a.level < b.level ? -1 : a.level > b.level ? 1 : 0))
  const weights = byLevel.reduce((sum, { weight }) => sum + weight, 0)
  let rest = budget
  let open = weights
  for (const { weight, demand, level } of byLevel) {
    if (level * open > rest) return Math.max(0, rest / open)
    rest -= demand
    open -= weight
  }
  return byLevel.at(-1)!.level + Math.max(0, rest) / weights
}
