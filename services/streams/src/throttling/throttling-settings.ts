/** How lazily and how quickly quotas over many nodes are held; the same on nodes and service. */
export interface ThrottlingSettings {
  /** Nodes that share a tenant's quota, present or not: what a fair share is reckoned by. */
  readonly nodes: number
  /** Between two full reports of a node, and between two divisions by the service. */
  readonly reportMs: number
  /** Between two reports of a tenant that has a slice and is in use. */
  readonly nearReportMs: number
  /** Two reports of one tenant by one node are at least this far apart. */
  readonly reportGapMs: number
  /** Unforeseen use on one node that calls for an early report, in seconds' worth of the whole quota. */
  readonly surpriseShare: number
  /** What a node may save up of its slice while the tenant is held to its rate, as time. */
  readonly burstMs: number
  readonly throttleMsMax: number
  /** How long clients wait at most where the tenant has credit left on other nodes: until the next word of the service. */
  readonly spareWaitMs: number
  /** Use of the window, over the quota, from which slices are given out. */
  readonly lazyShare: number
  /** How far ahead the present rate is drawn out: what a slice needs to be made and heard of. */
  readonly foresightMs: number
  /** What the quota is an average over, as Kafka's windows are. */
  readonly windowMs: number
  /** The part of the rate that is spread evenly, so that a node where load appears can begin. */
  readonly floorShare: number
  /** The part of the credit that every node may begin with, whatever its load. Given to all, it is lent more than once. */
  readonly creditFloorShare: number
  /** The use of the window that credit is given out up to, over the quota. */
  readonly aimShare: number
  /**
   * Use at the present rate for so long is kept back of the credit: what is on its way to the service, and the last request
   * that each connection still has answered.
   */
  readonly reserveMs: number
  /** A tenant whose clients wait while no more than this of the window's quota is left is held to its rate, */
  readonly exhaustedShare: number
  /** for this long after it was last so, */
  readonly holdMs: number
  /** and this much of the quota is aimed at. */
  readonly heldAimShare: number
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
    nearReportMs: 100,
    reportGapMs: 50,
    surpriseShare: 0.25 / given.nodes,
    burstMs: 250,
    throttleMsMax: 60_000,
    spareWaitMs: 150,
    lazyShare: 0.8,
    foresightMs: 1_000,
    windowMs: 10_000,
    floorShare: 0.1,
    creditFloorShare: 0.03,
    aimShare: 1.02,
    reserveMs: 300,
    exhaustedShare: 0.03,
    holdMs: 12_000,
    heldAimShare: 0.95,
    silentMs: 3_000,
    forgottenMs: 30_000,
    ...given,
  }
}

/** For the only node of a cell: what it hears of itself is never late, so that nothing has to be kept back. */
export const singleNodeSettings: ThrottlingSettings = throttlingSettings({
  nodes: 1,
  reportGapMs: 10,
  aimShare: 1,
  reserveMs: 0,
  heldAimShare: 1,
})
