import type { TenantOutcome } from './simulate-quotas.ts'

/** Kora's objective: throttled for less than five minutes a week. */
export const throttledMax = 0.0005
/** How far above its quota a tenant may be in any ten seconds. */
export const usePeakMax = 1.05

/** What one scheme did to many tenants. Shares are of 1. */
export interface QuotaSummary {
  readonly tenants: number
  /** Tenants whose demand stayed within their quota in every ten seconds, and the part of them that was hardly throttled. */
  readonly within: number
  readonly withinUnthrottled: number
  /** Those of them that wanted more than half of their quota in some ten seconds: the others are no test of anything. */
  readonly busy: number
  readonly busyUnthrottled: number
  /** The same of tenants that stayed under 80 % of their quota. */
  readonly lazyUnthrottled: number
  readonly over: number
  /** The largest use in any ten seconds of any tenant, over its quota, and how many tenants were above the bar. */
  readonly usePeak: number
  readonly aboveBar: number
  /** What tenants that always want more than their quota got of it, the mean. */
  readonly floodingUsed: number
}

export function summarize(outcomes: readonly TenantOutcome[]): QuotaSummary {
  const within = outcomes.filter(({ demandPeak }) => demandPeak <= 1)
  const busy = within.filter(({ demandPeak }) => demandPeak > 0.5)
  const lazy = outcomes.filter(({ demandPeak }) => demandPeak < 0.8)
  const flooding = outcomes.filter(({ kind }) => kind === 'flooding')
  const count = (of: readonly TenantOutcome[], test: (one: TenantOutcome) => boolean) => of.filter(test).length
  const unthrottled = (of: readonly TenantOutcome[]) =>
    count(of, ({ throttled }) => throttled < throttledMax) / Math.max(1, of.length)
  return {
    tenants: outcomes.length,
    within: within.length,
    withinUnthrottled: unthrottled(within),
    busy: busy.length,
    busyUnthrottled: unthrottled(busy),
    lazyUnthrottled: unthrottled(lazy),
    over: outcomes.length - within.length,
    usePeak: outcomes.reduce((most, { usePeak }) => Math.max(most, usePeak), 0),
    aboveBar: count(outcomes, ({ usePeak }) => usePeak > usePeakMax),
    floodingUsed: flooding.reduce((sum, { used }) => sum + used, 0) / Math.max(1, flooding.length),
  }
}
