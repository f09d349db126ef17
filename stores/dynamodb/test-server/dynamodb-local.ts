import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@koine/base/testing'

const here = import.meta.dirname
const cache = join(here, '..', '..', '..', '.cache')
/** Named after the version in pom.xml, so that another version is another folder. */
const libraries = join(cache, 'dynamodb-local-2.6.1')

export interface DynamoDbLocal extends AsyncDisposable {
  readonly endpoint: string
}

/**
 * Starts Amazon's DynamoDB Local in memory, on a free port of the loopback interface and without telemetry; Maven
 * fetches it the first time. Needs `java`, `javac` and `mvn`.
 */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  await fetchLibraries()
  const limits = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const program = ['-cp', join(libraries, '*'), join(here, 'LoopbackServer.java')]
  const flags = ['-inMemory', '-sharedDb', '-disableTelemetry']
  const server = spawn('java', [...limits, `-Djava.library.path=${libraries}`, ...program, ...flags], {
    cwd: libraries,
    stdio: 'pipe',
  })
  try {
    const endpoint = `http://127.0.0.1:${await portOf(server)}`
    await until('DynamoDB Local answers', () => answers(endpoint))
    return { endpoint, [Symbol.asyncDispose]: () => stop(server) }
  } catch (error) {
    await stop(server)
    throw error
  }
}

/** Into a folder beside the final one and renamed when whole, so that an interrupted download isn't taken for good. */
async function fetchLibraries(): Promise<void> {
  if (existsSync(libraries)) return
  await mkdir(cache, { recursive: true })
  const partial = await mkdtemp(`${libraries}-partial-`)
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`]
    await promisify(execFile)('mvn', ['-q', '-B', '-f', join(here, 'pom.xml'), ...goal], { timeout: 300_000 })
    await rename(partial, libraries)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (!existsSync(libraries)) throw error // Otherwise another test run was faster.
  }
}

/** The port that the server says it is listening on; what else it said is in the error when it doesn't. */
async function portOf(server: ChildProcess): Promise<string> {
  let said = ''
  // Read to the end, so that the server never waits for somebody to listen.
  const keep = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-4000))
  server.stdout?.on('data', keep)
  server.stderr?.on('data', keep)
  return until(
    'DynamoDB Local listens',
    () => {
      if (server.exitCode !== null) throw new Error(`DynamoDB Local ended with ${server.exitCode}: ${said}`)
      return /listening on (\d+)/.exec(said)?.[1]
    },
    60_000,
  )
}

/** An unsigned request is refused with 400, which is an answer. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(endpoint)).status < 500
  } catch {
    return false // Not listening yet.
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await ended
}
