/** How lazily and how quickly quotas over many nodes are held; the same on nodes and service. */
export interface ThrottlingSettings {
  /** Nodes that share a tenant's quota, present or not: what a fair share is reckoned by. */
  readonly nodes: number
  /** Between two full reports of a node, and between two divisions by the service. */
  readonly reportMs: number
  /** Two early reports of one tenant by one node are at least this far apart. */
  readonly reportGapMs: number
  /** Unforeseen use on one node that calls for an early report, in seconds' worth of the whole quota. */
  readonly surpriseShare: number
  /** What a node may save up of its slice beside its credit, as time. */
  readonly burstMs: number
  readonly throttleMsMax: number
  /** Use of the window, over the quota, from which slices are given out. */
  readonly lazyShare: number
  /** How far ahead the present rate is drawn out: what a slice needs to be made and heard of. */
  readonly foresightMs: number
  /** What the quota is an average over, as Kafka's windows are. */
  readonly windowMs: number
  /** The part of the budget that is spread evenly, so that a node where load appears can begin. */
  readonly floorShare: number
  /** The use of the window that is aimed at, over the quota: a margin for what the service hears too late. */
  readonly aimShare: number
  /** The part of what the window has left that may be used at once; the rest is spread over the seconds to come. */
  readonly creditShare: number
  /** The least budget while earlier over-use is made good, over the quota. */
  readonly budgetShareMin: number
  /** Without word for this long, a node falls back to its fair share, and the service keeps just that for it. */
  readonly silentMs: number
  /** Without word for this long, a node's part goes to the others. */
  readonly forgottenMs: number
}

export function throttlingSettings(
  given: Partial<ThrottlingSettings> & Pick<ThrottlingSettings, 'nodes'>,
): ThrottlingSettings {
  return {
    reportMs: 1_000,
    reportGapMs: 50,
    surpriseShare: 0.25 / given.nodes,
    burstMs: 200,
    throttleMsMax: 60_000,
    lazyShare: 0.8,
    foresightMs: 1_000,
    windowMs: 10_000,
    floorShare: 0.1,
    budgetShareMin: 0.02,
    creditShare: 0.7,
    aimShare: 0.96,
    silentMs: 3_000,
    forgottenMs: 30_000,
    ...given,
  }
}
