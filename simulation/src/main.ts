import { parseArgs } from 'node:util'
import { failureReport } from './report.ts'
import { simulateLog } from './log-workload/simulate-log.ts'
import { simulate } from './simulate.ts'

const usage = `Runs Koine under seeds on a virtual clock, with crashing, delaying and failing stores.

  node simulation/src/main.ts --seed 7              one seed, with its whole trace
  node simulation/src/main.ts --seeds 1000          that many, from seed 0
  node simulation/src/main.ts --seeds 1000 --from 5000
  --log                                             producers and consumers of the log, instead of people
  --deeds 6                                         what each person (or producer) does in a run`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '0' },
    deeds: { type: 'string', default: '6' },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const numbers = { seed: values.seed ?? '0', seeds: values.seeds, from: values.from, deeds: values.deeds }
const run = values.log ? simulateLog : simulate
const odd = Object.entries(numbers).find(([, text]) => !/^\d{1,9}$/.test(text))
if (values.help) console.log(usage)
else if (odd) {
  console.error(`--${odd[0]} is a whole number, not ${odd[1]}.`)
  process.exitCode = 1
} else if (values.seed !== undefined) await runOne(Number(values.seed), Number(values.deeds))
else await runMany(Number(values.from), Number(values.seeds), Number(values.deeds))

async function runOne(seed: number, deeds: number): Promise<void> {
  const outcome = await run(seed, { deeds, traceLines: 100_000 })
  if (outcome.violations.length > 0) {
    console.error(failureReport(outcome, values))
    process.exitCode = 1
    return
  }
  console.log(outcome.trace.join('\n'))
  const { messages, crashes, virtualMs } = outcome
  console.log(
    `seed ${seed} is good: ${messages} messages, ${crashes} crashes, ${(virtualMs / 1000).toFixed(1)} s of virtual time`,
  )
}

async function runMany(from: number, count: number, deeds: number): Promise<void> {
  const startedMs = performance.now()
  const total = { messages: 0, crashes: 0 }
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await run(seed, { deeds })
    total.messages += outcome.messages
    total.crashes += outcome.crashes
    if (outcome.violations.length > 0) {
      console.error(`\n${failureReport(outcome, values)}`)
      process.exitCode = 1
      return
    }
    const done = seed - from + 1
    const seconds = (performance.now() - startedMs) / 1000
    if (process.stdout.isTTY || done === count || done % 100 === 0) {
      const end = process.stdout.isTTY && done < count ? '\r' : '\n'
      const line = `${done} of ${count} seeds good, ${total.messages} messages, ${total.crashes} crashes, ${seconds.toFixed(1)} s`
      process.stdout.write(line + end)
    }
  }
}
