import { type Randomness, seededRandomness } from '@koine/base'
import type { ThrottlingSettings } from '@koine/services-streams'
import type { Population } from './population.ts'
import { type CutOff, evenSplit, LazyDynamic, type Scheme } from './scheme.ts'
import { TenantDemand } from './tenant-demand.ts'
import { TenantClients } from './tenant-clients.ts'
import { WindowPeak } from './window-peak.ts'

export type SchemeName = 'lazy-dynamic' | 'even-split'

export interface QuotaSimulation {
  readonly scheme: SchemeName
  readonly population: Population
  readonly seed: number
  readonly tenants: number
  readonly seconds: number
  readonly mischief?: number
  readonly cutOff?: CutOff
  readonly settings?: Partial<ThrottlingSettings>
}

/** What became of one tenant in one run. */
export interface TenantOutcome {
  /** How it behaves. */
  readonly kind: string
  /** Most that it wanted, and most that it got, in any ten seconds, over its quota for ten seconds. */
  readonly demandPeak: number
  readonly usePeak: number
  /** Part of the time in which any connection of it was muted on any node. */
  readonly throttled: number
  /** Mean use over the quota. */
  readonly used: number
}

export const nodes = 24
const stepMs = 50
const windowMs = 10_000

/** One run: every scheme sees the same demand under the same seed. */
export function simulateQuotas(o: QuotaSimulation): TenantOutcome[] {
  const demandRandomness = seededRandomness(o.seed)
  const tenants = Array.from({ length: o.tenants }, () => {
    const randomness = seededRandomness(Math.floor(demandRandomness.fraction() * 2 ** 32))
    const demand = new TenantDemand(randomness, o.population, nodes)
    return { demand, clients: new TenantClients(demand), ...peaks(), throttledSteps: 0, used: 0 }
  })
  const scheme = openScheme(
    o,
    tenants.map(({ demand }) => demand.quota),
    seededRandomness(o.seed ^ 0x5bd1e995),
  )
  const steps = (o.seconds * 1_000) / stepMs
  for (let step = 0; step < steps; step++) {
    const nowMs = step * stepMs
    scheme.step(nowMs)
    for (const [index, tenant] of tenants.entries()) {
      const wanted = tenant.demand.next(nowMs, stepMs)
      const sent = tenant.clients.step(wanted, nowMs, (node, amount, atMs) =>
        scheme.record({ tenant: index, node }, amount, atMs),
      )
      tenant.wanted.add(wanted)
      tenant.got.add(sent)
      tenant.used += sent
      if (tenant.clients.isMuted(nowMs)) tenant.throttledSteps++
    }
  }
  return tenants.map(({ demand, wanted, got, throttledSteps, used }) => ({
    kind: demand.behaviour.name,
    demandPeak: wanted.peak / ((demand.quota * windowMs) / 1_000),
    usePeak: got.peak / ((demand.quota * windowMs) / 1_000),
    throttled: throttledSteps / steps,
    used: used / (demand.quota * o.seconds),
  }))
}

const peaks = () => ({
  wanted: new WindowPeak(windowMs / stepMs),
  got: new WindowPeak(windowMs / stepMs),
})

function openScheme(o: QuotaSimulation, quotas: readonly number[], randomness: Randomness): Scheme {
  const options = {
    quotas,
    nodes,
    randomness,
    mischief: o.mischief ?? 0.01,
    cutOff: o.cutOff,
    ...(o.settings && { settings: o.settings }),
  }
  return o.scheme === 'even-split' ? evenSplit(options) : new LazyDynamic(options)
}
