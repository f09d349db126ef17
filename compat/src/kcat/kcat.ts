import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Credential } from '../in-process-server.ts'

export interface KcatRun {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs kcat as a tenant's client, feeding it `input`, until it ends; it is stopped after 30 s. */
export async function kcat(
  { port, credential: { id, secret } }: { port: number; credential: Credential },
  args: readonly string[],
  input = '',
): Promise<KcatRun> {
  const settings = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.username': id,
    'sasl.password': secret,
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
  const child = spawn('kcat', ['-b', `127.0.0.1:${port}`, ...options, ...args], { timeout: 30_000 })
  child.stdin.end(input)
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code))
  })
  const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  return { exitCode, stdout, stderr }
}
