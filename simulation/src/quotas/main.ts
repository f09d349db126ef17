import { parseArgs } from 'node:util'
import { harsh } from './harsh.ts'
import { koraLike } from './kora-like.ts'
import type { Population } from './population.ts'
import { nodes, type SchemeName, simulateQuotas, type TenantOutcome } from './simulate-quotas.ts'
import { summarize } from './summary.ts'

const populations: readonly Population[] = [koraLike, harsh]

const usage = `Holds tenants to their quotas over ${nodes} simulated nodes: the shared quota service beside an even static split.

  node simulation/src/quotas/main.ts --seeds 10     that many runs, from seed 0 unless told
  --from 100                                        the first of them
  --population kora-like                            or harsh; both unless told
  --tenants 300 --seconds 120                       of each run
  --mischief 0.01                                   chance that a message between node and service is lost, doubled or late
  --cut-off 6                                       so many nodes are out of the service's reach from second 30 to 60`

const { values } = parseArgs({
  options: {
    population: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    from: { type: 'string', default: '0' },
    tenants: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '120' },
    mischief: { type: 'string', default: '0.01' },
    'cut-off': { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
})
const { seeds, from, tenants, seconds, mischief, 'cut-off': cutOff } = values
const numbers = { seeds, from, tenants, seconds, mischief, 'cut-off': cutOff }
const odd = Object.entries(numbers).find(([, text]) => !(Number(text) >= 0))
const chosen = populations.filter(({ name }) => values.population === undefined || name === values.population)
if (values.help) console.log(usage)
else if (odd) fail(`--${odd[0]} is a number, not ${odd[1]}.`)
else if (chosen.length === 0)
  fail(`--population is one of ${populations.map(({ name }) => name).join(', ')}, not ${values.population}.`)
else for (const population of chosen) show(population)

function show(population: Population): void {
  console.log(population.name)
  console.table({ 'lazy dynamic': row(population, 'lazy-dynamic'), 'even split': row(population, 'even-split') })
}

function row(population: Population, scheme: SchemeName): Record<string, string> {
  const outcomes: TenantOutcome[] = []
  for (let n = 0; n < Number(seeds); n++) {
    const run = {
      scheme,
      population,
      seed: Number(from) + n,
      tenants: Number(tenants),
      seconds: Number(seconds),
      mischief: Number(mischief),
      cutOff: { nodes: Number(cutOff), fromMs: 30_000, untilMs: 60_000 },
    }
    outcomes.push(...simulateQuotas(run))
  }
  const summary = summarize(outcomes)
  return {
    'within quota': `${summary.within}`,
    'throttled < 0.05 %': percent(summary.withinUnthrottled),
    'of busy ones': `${percent(summary.busyUnthrottled)} of ${summary.busy}`,
    'demand < 80 %': percent(summary.lazyUnthrottled),
    'over quota': `${summary.over}`,
    'peak of ten seconds': percent(summary.usePeak),
    'above 105 %': `${summary.aboveBar}`,
    'flooders got': percent(summary.floodingUsed),
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
