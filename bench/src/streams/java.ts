import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { peer } from '@koine/base/testing'
import { endsWithUs } from './ending.ts'

const cache = join(import.meta.dirname, '../../../.cache')
const pom = join(import.meta.dirname, 'pom.xml')
const clock = join(import.meta.dirname, 'LatencyClock.java')
const sources = [pom, clock].map((path) => readFileSync(path, 'utf8'))

/** Of Apache Kafka, as pom.xml says. */
export const kafkaVersion = /<kafka.version>(.+)<\/kafka.version>/.exec(sources[0]!)![1]!

/**
 * The class path of Apache Kafka, its tools and our clock, made the first time and whenever a source of it has changed.
 * @throws Error that says what to install when Java, its compiler or Maven is missing
 */
export async function kafkaClassPath(): Promise<string> {
  const missing = peer('java', 'javac', 'mvn')
  if (missing) throw new Error(`The comparison with Apache Kafka ${missing} (a JDK from 17 on, and Apache Maven)`)
  const fingerprint = createHash('sha256').update(sources.join('\n')).digest('hex').slice(0, 12)
  const folder = join(cache, `kafka-node-${kafkaVersion}-${fingerprint}`)
  if (!existsSync(folder)) await fetchInto(folder)
  return `${folder}/*:${folder}`
}

async function fetchInto(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const partial = await mkdtemp(`${folder}-partial-`)
  try {
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`])
    await run('javac', ['-proc:none', '-d', partial, '-cp', `${partial}/*`, clock])
    await rename(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/**
 * What a foreign program wrote to its standard output.
 * @throws Error with all it wrote when it fails or takes too long
 */
export async function run(program: string, args: readonly string[], timeoutMs = 600_000): Promise<string> {
  const child = spawn(program, args, { timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal))
  })
  const settle = child.pid === undefined ? () => {} : endsWithUs({ pid: child.pid })
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    if (code !== 0) throw new Error(`${program} ${args.slice(-12).join(' ')} ended with ${code}:\n${stdout}\n${stderr}`)
    return stdout
  } finally {
    settle()
  }
}

export interface RunningProgram extends AsyncDisposable {
  /** What it wrote to its standard output so far. */
  readonly output: string
}

/** A foreign program that goes on until it is disposed of. */
export function runUntilDisposed(program: string, args: readonly string[]): RunningProgram {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = new Promise<void>((resolve) => child.once('error', () => resolve()).once('close', () => resolve()))
  const settle = child.pid === undefined ? () => {} : endsWithUs({ pid: child.pid })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (written: string) => (output += written))
  return {
    get output() {
      return output
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await closed
      settle()
    },
  }
}
