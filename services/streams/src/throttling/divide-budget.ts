/** What is known of a tenant's load on one node. */
export interface NodeLoad {
  /** Use per second. */
  readonly perSecond: number
  /** Whether clients wait there, so that use says less than demand. */
  readonly throttled: boolean
}

/** A node whose clients don't wait is content with its use and this much more. */
const headroom = 1.25
/** What every node weighs beside its use, in fair shares: by it a small node that is throttled grows. */
const baseWeight = 0.2

/**
 * Divides a budget among nodes: a floor evenly, the rest in proportion to load, but to nodes whose clients don't wait no more
 * than a little above their use as long as others wait (weighted max-min fairness). What nobody needs is spread in
 * proportion as well: slack for bursts. The slices add up to the budget.
 * @param floorShare of the budget, spread evenly
 */
export function divideBudget(budget: number, loads: readonly NodeLoad[], floorShare: number): number[] {
  if (loads.length === 0) return []
  const fair = budget / loads.length
  const slices = loads.map(() => fair * floorShare)
  const weights = loads.map(({ perSecond }) => perSecond + fair * baseWeight)
  let rest = budget * (1 - floorShare)
  let open = loads.map((_, index) => index)
  while (open.length > 0) {
    const perWeight = rest / sum(open, weights)
    const content = open.filter((index) => isContent(loads[index]!, perWeight * weights[index]!, slices[index]!))
    if (content.length === 0) break
    for (const index of content) {
      const wanted = Math.max(0, loads[index]!.perSecond * headroom - slices[index]!)
      slices[index]! += wanted
      rest -= wanted
    }
    const done = new Set(content)
    open = open.filter((index) => !done.has(index))
  }
  const takers = open.length > 0 ? open : loads.map((_, index) => index)
  const perWeight = rest / sum(takers, weights)
  if (perWeight > 0) for (const index of takers) slices[index]! += perWeight * weights[index]!
  return slices
}

const isContent = ({ perSecond, throttled }: NodeLoad, offered: number, floor: number): boolean =>
  !throttled && perSecond * headroom <= offered + floor

const sum = (indices: readonly number[], values: readonly number[]): number =>
  indices.reduce((total, index) => total + values[index]!, 0)
