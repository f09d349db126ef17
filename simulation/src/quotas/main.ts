import { parseArgs } from 'node:util'
import { nodes, type SchemeName, simulateQuotas, type TenantOutcome } from './simulate-quotas.ts'
import { summarize } from './summary.ts'

const usage = `Holds tenants to their quotas over ${nodes} simulated nodes: the shared quota service beside an even static split.

  node simulation/src/quotas/main.ts --seeds 10     that many runs, from seed 0 unless told
  --from 100                                        the first of them
  --tenants 300 --seconds 300                       of each run
  --mischief 0.01                                   chance that a message between node and service is lost, doubled or late`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    from: { type: 'string', default: '0' },
    tenants: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '300' },
    mischief: { type: 'string', default: '0.01' },
    help: { type: 'boolean', default: false },
  },
})
const { seeds, from, tenants, seconds, mischief } = values
const numbers = { seeds, from, tenants, seconds, mischief }
const odd = Object.entries(numbers).find(([, text]) => !(Number(text) >= 0))
if (values.help) console.log(usage)
else if (odd) {
  console.error(`--${odd[0]} is a number, not ${odd[1]}.`)
  process.exitCode = 1
} else {
  console.table(Object.fromEntries((['lazy-dynamic', 'even-split'] as const).map((name) => [name, row(name)])))
}

function row(scheme: SchemeName): Record<string, string> {
  const outcomes: TenantOutcome[] = []
  for (let n = 0; n < Number(seeds); n++) {
    const run = {
      scheme,
      seed: Number(from) + n,
      tenants: Number(tenants),
      seconds: Number(seconds),
      mischief: Number(mischief),
    }
    outcomes.push(...simulateQuotas(run))
  }
  const { within, withinUnthrottled, lazyUnthrottled, over, usePeak, aboveBar, floodingUsed } = summarize(outcomes)
  return {
    'within quota': `${within}`,
    'throttled < 0.05 %': percent(withinUnthrottled),
    'same, demand < 80 %': percent(lazyUnthrottled),
    'over quota': `${over}`,
    'peak of ten seconds': percent(usePeak),
    'tenants above 105 %': `${aboveBar}`,
    'flooders got': percent(floodingUsed),
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}
