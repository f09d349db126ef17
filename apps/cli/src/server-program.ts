import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../../server/src/main.ts')

/** Runs the server program with these words in this terminal, passes signals on, and returns its exit code. */
export async function runServer(words: readonly string[]): Promise<number> {
  if (!existsSync(program))
    throw new Error('The server is not installed beside this command; use --url to reach one that runs elsewhere')
  const child = spawn(process.execPath, [program, ...words], { stdio: 'inherit' })
  // A terminal's interrupt reaches the child by itself; waiting for it is all there is to do.
  const ignoreInterrupt = (): void => {}
  const passOn = (): void => void child.kill('SIGTERM')
  process.on('SIGINT', ignoreInterrupt)
  process.on('SIGTERM', passOn)
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
