// `npm run check`: types, lint, format, dead code, import fence and unit tests, two at a time; the output of what failed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

interface Step {
  readonly name: string
  readonly command: string
}

const root = join(import.meta.dirname, '..')
const steps: Step[] = [
  { name: 'unit tests', command: 'node tools/test.ts unit' },
  { name: 'types', command: 'tsc --noEmit -p tsconfig.json' },
  { name: 'types of the console', command: 'tsc --noEmit -p apps/console/tsconfig.json' },
  { name: 'lint', command: 'npm run --silent lint' },
  { name: 'format', command: 'oxfmt --check' },
  { name: 'dead code', command: 'knip' },
  { name: 'import fence', command: 'node tools/fence/main.ts' },
]

interface Outcome extends Step {
  readonly ok: boolean
  readonly seconds: number
  readonly output: string
}

function run(step: Step): Promise<Outcome> {
  const startedMs = performance.now()
  const child = spawn(step.command, {
    cwd: root,
    shell: true,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, FORCE_COLOR: '0' },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ ...step, ok: code === 0, seconds: (performance.now() - startedMs) / 1000, output }),
    )
  })
}

const waiting = [...steps]
const failed: Outcome[] = []
async function work(): Promise<void> {
  for (let step = waiting.shift(); step; step = waiting.shift()) {
    const outcome = await run(step)
    if (!outcome.ok) failed.push(outcome)
    console.log(`${outcome.ok ? 'ok    ' : 'FAILED'} ${outcome.name.padEnd(22)} ${outcome.seconds.toFixed(1)} s`)
  }
}
await Promise.all([work(), work()])
for (const { name, output } of failed) console.error(`\n--- ${name}\n${output}`)
process.exitCode = failed.length === 0 ? 0 : 1
