// Runs before `npm start` and `npm test` on whatever Node (20 or later) the machine has, with nothing installed: brings
// in the dependencies when they are missing or stale, and builds the console when its sources are newer than its build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Koine needs Node 20 or later to set itself up; this is ${process.version}.`)
  process.exit(1)
}

ensure({
  what: 'Installing dependencies (the first time only; about half a minute)',
  stamp: 'node_modules/.koine-installed',
  made: ['node_modules/.bin/node'],
  sources: ['package.json', 'package-lock.json'],
  command: ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
})

if (existsSync(join(root, 'apps/console/src'))) {
  ensure({
    what: 'Building the console',
    stamp: 'apps/console/dist/.koine-built',
    made: ['apps/console/dist/index.html'],
    sources: ['package-lock.json', 'apps/console', 'sdk', 'contract', 'protocols/realtime', 'base/src/errors.ts'],
    command: ['npm', 'run', 'build', '--silent', '--workspace', 'apps/console'],
  })
}

/** Runs a command unless its stamp says that it ran over these very sources and what it makes is there. */
function ensure({ what, stamp, made, sources, command }) {
  const fingerprint = fingerprintOf(sources)
  const stampFile = join(root, stamp)
  const upToDate =
    made.every((path) => existsSync(join(root, path))) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === fingerprint
  if (upToDate) return
  rmSync(stampFile, { force: true })
  const startedAt = Date.now()
  console.error(`${what} …`)
  const [program, ...rest] = command
  const { status, error } = spawnSync(program, rest, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error(
      `\`${command.join(' ')}\` failed${error ? `: ${error.message}` : ''}. Mend what it says above and try again.`,
    )
    process.exit(1)
  }
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, fingerprint)
  console.error(`${what}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** A hash over the names and contents of files and of whole folders. */
function fingerprintOf(sources) {
  const hash = createHash('sha256').update(process.platform).update(process.arch)
  const walk = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (!statSync(full).isDirectory()) {
      hash.update(path).update(readFileSync(full))
      return
    }
    for (const name of readdirSync(full).sort()) {
      if (name !== 'node_modules' && name !== 'dist' && !name.includes('.test.')) walk(join(path, name))
    }
  }
  for (const source of sources) walk(source)
  return hash.digest('hex')
}
