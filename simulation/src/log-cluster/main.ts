import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keepEvidence, summaryOf } from './evidence.ts'
import { runLogCluster } from './run-log-cluster.ts'
import { spoilings } from './spoil.ts'
import { violationsOf } from './verdict.ts'

const usage = `Real Kafka clients against the real program, while it is killed and frozen; then what they did and saw is checked.

  node simulation/src/log-cluster/main.ts --kills 30 --seconds 120
  --freezes 8                     how often it stands still for some seconds
  --spoil ${Object.keys(spoilings).join('|')}   changes the history before it is checked: the run has to fail`

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    freezes: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '120' },
    spoil: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const { kills, freezes, seconds, spoil } = values
const odd = Object.entries({ kills, freezes, seconds }).find(([, text]) => !/^\d{1,6}$/.test(text))
const isSpoiling = (name: string): name is keyof typeof spoilings => Object.hasOwn(spoilings, name)
if (values.help) console.log(usage)
else if (odd || (spoil !== undefined && !isSpoiling(spoil))) {
  console.error(odd ? `--${odd[0]} is a whole number, not ${odd[1]}.` : `There is no way to --spoil called ${spoil}.`)
  process.exitCode = 1
} else await run(spoil)

async function run(spoiling: keyof typeof spoilings | undefined): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'koine-log-cluster-'))
  const startedMs = performance.now()
  const result = await runLogCluster({
    kills: Number(kills),
    freezes: Number(freezes),
    seconds: Number(seconds),
    dataDir,
    progress: (line) => console.error(`${((performance.now() - startedMs) / 1000).toFixed(1)} s: ${line}`),
  })
  const history = spoiling ? spoilings[spoiling].spoil(result.history) : result.history
  const violations = [...result.surprises, ...violationsOf(history)]
  console.log(summaryOf({ ...result, history }, violations))
  if (violations.length === 0) return rm(dataDir, { recursive: true, force: true })
  console.error(violations.join('\n'))
  console.error(`The history is in ${keepEvidence({ ...result, history }, violations)}, the data in ${dataDir}.`)
  process.exitCode = 1
}
