/** When the node counts as overloaded, and how fast what it admits is bounded and set free again. */
export interface BackpressureSettings {
  /** False: nobody is slowed, whatever the signals say. */
  readonly enabled: boolean
  /** How late the event loop comes to its timers, on average, before that is overload. */
  readonly eventLoopDelayMsMax: number
  /** How long the oldest append, or operation of the disk, has been under way before that is overload. */
  readonly diskWaitMsMax: number
  /** Bytes of appends under way before that is overload. */
  readonly queuedBytesMax: number
  /** What a request costs beside its bytes, in bytes: as many could have been moved in the time that it takes to handle. */
  readonly requestCostBytes: number
  /** Between two looks at the signals. */
  readonly tickMs: number
  /** How much each look counts in a signal's running average. */
  readonly smoothing: number
  /** A look counts at most as so many times its limit: one pause, however long, isn't overload yet. */
  readonly pressureMax: number
  /** What the rate of work is an average over. */
  readonly rateMs: number
  /** The same where it mustn't be taken in by a moment. */
  readonly steadyMs: number
  /** The bound is judged anew after so long, or after as long as connections are muted, where that is longer. */
  readonly roundMs: number
  readonly roundMsMax: number
  /** How far below what was too much the bound falls. */
  readonly fallShare: number
  /** The smallest and the largest step up, as parts of the bound. */
  readonly growthMin: number
  readonly growthMax: number
  /** The largest one beyond what was too much last. */
  readonly growthBeyondMax: number
  /** Of what the node could do by the time that it has left, the bound is raised to so much at once. */
  readonly headroomShare: number
  /** The pressure at which it no longer rises: it rests where a short queue stands, so that the node is never idle. */
  readonly restingPressure: number
  /** Of the highest rate of late: the bound isn't cut below, for what slows the node then isn't this work. */
  readonly boundShareMin: number
  /** Nor below this, in bytes a second: any node can do as much. */
  readonly boundMin: number
  /** In this time half of that highest rate is forgotten. */
  readonly peakHalfLifeMs: number
  /** Once nobody had to be slowed for so long, the bound is lifted altogether. */
  readonly liftMs: number
  /** What a tenant may use at once after a pause, as time at its slice's rate. */
  readonly burstMs: number
  /** A tenant that was slowed is taken to want all it can get for so long after. */
  readonly hungryMs: number
  /** The longest that one answer mutes its connection: well below the time after which clients give a request up. */
  readonly muteMsMax: number
  /** A tenant without requests for so long is forgotten. */
  readonly idleMs: number
  /** Tenants that are kept account of; while there are so many, others count for the node and aren't slowed. */
  readonly tenantsMax: number
}

export const defaultBackpressureSettings: BackpressureSettings = {
  enabled: true,
  eventLoopDelayMsMax: 40,
  diskWaitMsMax: 200,
  queuedBytesMax: 128 * 1024 * 1024,
  requestCostBytes: 16 * 1024,
  tickMs: 100,
  smoothing: 0.3,
  pressureMax: 3,
  rateMs: 300,
  steadyMs: 1_000,
  roundMs: 500,
  roundMsMax: 3_000,
  fallShare: 0.03,
  growthMin: 0.01,
  growthMax: 0.15,
  growthBeyondMax: 0.03,
  headroomShare: 0.85,
  restingPressure: 0.5,
  boundShareMin: 0.25,
  boundMin: 16 * 1024 * 1024,
  peakHalfLifeMs: 10_000,
  liftMs: 2_000,
  burstMs: 100,
  hungryMs: 1_000,
  muteMsMax: 5_000,
  idleMs: 10_000,
  tenantsMax: 20_000,
}
