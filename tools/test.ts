// `npm test`: every test that this machine can run; what it leaves out is said loudly at the end.
// `node tools/test.ts unit` leaves out the system tests (real processes, foreign programs, anything slow).
// Further arguments are files or patterns to run instead of all.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clear as clearCompatLines, lines as compatLines } from '../compat/src/report.ts'

const root = join(import.meta.dirname, '..')
const [kind = 'all', ...patterns] = process.argv.slice(2)
const outside = (path: string): boolean => /(^|\/)(node_modules|dist|data)$/.test(path)
const files = globSync(patterns.length > 0 ? patterns : '**/*.test.ts', { cwd: root, exclude: outside })
  .filter((file) => kind !== 'unit' || !file.endsWith('.system.test.ts'))
  .sort()

const reports = mkdtempSync(join(tmpdir(), 'koine-tests-'))
interface Round {
  readonly name: string
  readonly concurrency: number
  /** Of one file. */
  readonly timeoutMs: number
}

const run = ({ name, concurrency, timeoutMs }: Round, some: string[]): boolean => {
  if (some.length === 0) return true
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${timeoutMs}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${join(reports, name)}`,
      ...some,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      // Types are stripped and code compiled once, not in each of a hundred processes.
      env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/koine-tests') },
    },
  )
  return status === 0
}

// System tests measure and kill real processes, so they run one file at a time.
const isSystem = (file: string): boolean => file.endsWith('.system.test.ts')
const runsCompat = files.some((file) => file.startsWith('compat/') && isSystem(file))
if (runsCompat) clearCompatLines()
const passed = [
  run(
    { name: 'unit', concurrency: 3, timeoutMs: 120_000 },
    files.filter((file) => !isSystem(file)),
  ),
  run({ name: 'system', concurrency: 1, timeoutMs: 600_000 }, files.filter(isSystem)),
].every(Boolean)

const skipped = globSync(join(reports, '*')).flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /# SKIP/.test(line))
    .map((line) => line.trim().replace(/^ok \d+ - /, '')),
)
rmSync(reports, { recursive: true })
if (runsCompat) console.log(`\n${compatLines().join('\n')}`)
if (skipped.length > 0) {
  console.log(`\nLEFT OUT: ${skipped.length} tests did not run on this machine:`)
  for (const line of skipped) console.log(`  - ${line.replace(' # SKIP', ':')}`)
  if (process.env.KOINE_REQUIRE_ALL === '1') console.log('KOINE_REQUIRE_ALL=1 makes that a failure.')
}
if (!passed || (skipped.length > 0 && process.env.KOINE_REQUIRE_ALL === '1')) process.exitCode = 1
