import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DemoFile } from '../demo.ts'

export interface ServerProcessOptions {
  readonly dataDir: string
  /** Further flags; the ports are free ones unless given here. */
  readonly flags?: readonly string[]
  readonly environment?: Record<string, string>
  readonly readyWithinMs?: number
}

/** The real program in a process of its own, ready to serve. Disposal ends it with SIGTERM. */
export interface ServerProcess extends AsyncDisposable {
  /** `http://host:port` */
  readonly http: string
  /** `host:port` */
  readonly kafka: string
  readonly pid: number
  /** From spawning to ready. */
  readonly readyInMs: number
  /** The keys of the demo tenants. */
  readonly demo: DemoFile
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>
  readonly exited: Promise<number | null>
}

const program = join(import.meta.dirname, '../main.ts')

/** @throws Error with what the program wrote when it ends before it is ready */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, flags = [], environment = {}, readyWithinMs = 30_000 } = options
  const startedMs = performance.now()
  const child = spawn(
    process.execPath,
    [program, '--http-port=0', '--kafka-port=0', `--data-dir=${dataDir}`, '--log-format=json', ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...environment } },
  )
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const { http, kafka } = await readyLine(child, readyWithinMs)
  const readyInMs = performance.now() - startedMs
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await exited
  }
  return {
    http,
    kafka,
    pid: child.pid!,
    readyInMs,
    demo: JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as DemoFile,
    kill: () => end('SIGKILL'),
    exited,
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}

function readyLine(child: ChildProcess, withinMs: number): Promise<{ http: string; kafka: string }> {
  const written: string[] = []
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`The server ${why}. It wrote:\n${written.slice(-20).join('\n')}`))
    const deadline = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready within ${withinMs} ms`)
    }, withinMs)
    child.once('exit', (code, signal) => {
      clearTimeout(deadline)
      fail(`ended with ${code ?? signal}`)
    })
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (written.length < 1000) written.push(line)
      if (!line.includes('"msg":"ready"')) return
      clearTimeout(deadline)
      const { http, kafka } = JSON.parse(line) as { http: string; kafka: string }
      resolve({ http, kafka })
    })
  })
}
