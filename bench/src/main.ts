// `npm run bench -- <scenario> [--runs N] [--small]`: prints a table and records bench/results/<scenario>.json.
// `--small` runs everything at a hundredth of its size and records nothing: it proves that the bench still works.
import { parseArgs } from 'node:util'
import { record, resultOf, table } from './result.ts'
import { mainScenario } from './scenarios/main.ts'
import type { Scenario } from './scenario.ts'

const scenarios: Record<string, Scenario> = { main: mainScenario }

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, small: { type: 'boolean', default: false } },
})
const name = positionals[0] ?? ''
const scenario = scenarios[name]
const runs = Number(values.runs)
if (!scenario || !Number.isInteger(runs) || runs < 1) {
  console.error(
    `Usage: npm run bench -- <scenario> [--runs N] [--small]\nScenarios: ${Object.keys(scenarios).join(', ')}`,
  )
  process.exitCode = 1
} else {
  const measures = await scenario({ runs, small: values.small, progress: (line) => console.error(line) })
  const result = resultOf(name, measures)
  console.log(`\n${table(result)}`)
  if (!values.small) console.log(`\nRecorded in ${record(result)}`)
}
