import { rmSync } from 'node:fs'

const pids = new Set<number>()
const directories = new Set<string>()
let watching = false

/** Whatever way this process ends, this one ends too, and this directory goes. The result takes the promise back. */
export function endsWithUs({ pid, directory }: { readonly pid?: number; readonly directory?: string }): () => void {
  if (!watching) watch()
  if (pid !== undefined) pids.add(pid)
  if (directory !== undefined) directories.add(directory)
  return () => {
    if (pid !== undefined) pids.delete(pid)
    if (directory !== undefined) directories.delete(directory)
  }
}

function watch(): void {
  watching = true
  process.once('exit', () => {
    for (const pid of pids) end(pid)
    for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // oxlint-disable-next-line unicorn/no-process-exit -- a signal ends the bench at once
    process.once(signal, () => process.exit(1))
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
