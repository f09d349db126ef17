// `npm run bench -- <scenario>` prints a table and records bench/results/<scenario>.json; README.md tells its options.
import { parseArgs } from 'node:util'
import { record, resultOf, table } from './result.ts'
import { mainScenario } from './scenarios/main.ts'
import { overloadScenario } from './scenarios/overload.ts'
import { measureIds, streamsScenario } from './scenarios/streams.ts'

const usage = `Usage: npm run bench -- main [--runs N] [--small]
       npm run bench -- overload [--runs N] [--small]
       npm run bench -- streams --vs-kafka [--runs N] [--records N] [--only measure,…] [--small]
Measures of streams: ${measureIds.join(', ')}`

/** Of streams: what takes each side ten seconds or so. */
const recordsByDefault = 400_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    records: { type: 'string', default: `${recordsByDefault}` },
    only: { type: 'string', default: '' },
    small: { type: 'boolean', default: false },
    'vs-kafka': { type: 'boolean', default: false },
  },
})
const name = positionals[0] ?? ''
const runsByDefault: { readonly [scenario: string]: number } = { main: 3, overload: 1, streams: 5 }
const runs = Number(values.runs ?? runsByDefault[name])
const records = values.small ? 10_000 : Number(values.records)
const only = values.only.split(',').filter((word) => word !== '')
const progress = (line: string): void => console.error(line)
const known =
  (name === 'main' || name === 'overload' || (name === 'streams' && values['vs-kafka'])) &&
  only.every((word) => measureIds.includes(word))
if (!known || ![runs, records].every((count) => Number.isInteger(count) && count >= 1)) {
  console.error(usage)
  process.exitCode = 1
} else {
  const taken =
    name === 'main'
      ? { measures: await mainScenario({ runs, small: values.small, progress }) }
      : name === 'overload'
        ? { measures: await overloadScenario({ runs, small: values.small, progress }), peer: 'without backpressure' }
        : await streamsScenario({ runs, records, only, small: values.small, progress })
  const result = { ...resultOf(name, taken.measures), ...taken }
  console.log(`\n${table(result)}`)
  // Only a whole and full-sized run says anything.
  const whole = !values.small && only.length === 0 && (name !== 'streams' || (records >= recordsByDefault && runs >= 5))
  if (whole) console.log(`\nRecorded in ${record(result)}`)
  if (result.leftOut) process.exitCode = 1
}
