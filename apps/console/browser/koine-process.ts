import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface KoineProcess extends AsyncDisposable {
  /** `http://host:port`, where the console is, too. */
  readonly url: string
  /** `host:port`, where Kafka clients connect. */
  readonly kafka: string
  /** Of the first demo tenant, `key_….secret`. */
  readonly apiKey: string
  /** `kill -9`. */
  kill(): Promise<void>
}

const program = join(import.meta.dirname, '../../server/src/main.ts')
const readyWithinMs = 60_000

/** The real program; disposal ends it. The HTTP port is a free one when not given. */
export async function startKoine(
  dataDir: string,
  httpPort = '0',
  moreFlags: readonly string[] = [],
): Promise<KoineProcess> {
  const where = ['--http-port', httpPort, '--kafka-port', '0', '--data-dir', dataDir]
  const flags = [...where, '--log-format', 'json', ...moreFlags]
  const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exited
  }
  const stop = (): Promise<void> => end('SIGTERM')
  const { promise: ready, resolve, reject } = Promise.withResolvers<{ http: string; kafka: string }>()
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (lines.length < 100) lines.push(line)
    if (line.includes('"msg":"ready"')) resolve(JSON.parse(line) as { http: string; kafka: string })
  })
  const fail = (why: string): void => reject(new Error(`The program ${why}. It wrote:\n${lines.join('\n')}`))
  const deadline = setTimeout(() => fail('was not ready in time'), readyWithinMs)
  void exited.then(() => fail('ended'))
  try {
    const kill = (): Promise<void> => end('SIGKILL')
    const { http: url, kafka } = await ready
    return { url, kafka, apiKey: firstApiKey(dataDir), kill, [Symbol.asyncDispose]: stop }
  } catch (thrown) {
    await stop()
    throw thrown
  } finally {
    clearTimeout(deadline)
  }
}

function firstApiKey(dataDir: string): string {
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as {
    tenants: { apiKey: { id: string; secret: string } }[]
  }
  const { id, secret } = demo.tenants[0]!.apiKey
  return `${id}.${secret}`
}
