import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

export interface ProgramRun {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly input?: string
  readonly environment?: Record<string, string>
  readonly workingDirectory?: string
  /** After it the program is ended with SIGTERM. */
  readonly timeoutMs?: number
}

/** Runs a foreign program until it ends, feeding it `input`. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { input = '', environment = {}, workingDirectory, timeoutMs = 30_000 }: ProgramOptions = {},
): Promise<ProgramRun> {
  const child = spawn(program, args, {
    timeout: timeoutMs,
    env: { ...process.env, ...environment },
    ...(workingDirectory !== undefined && { cwd: workingDirectory }),
  })
  child.stdin.on('error', () => {}) // It may end without having read all of its input.
  child.stdin.end(input)
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code))
  })
  const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  return { exitCode, stdout, stderr }
}

/** A foreign program that runs beside the test. Disposal ends it. */
export interface RunningProgram extends AsyncDisposable {
  /** The lines of its standard output so far. */
  readonly lines: readonly string[]
  /** What it wrote to its standard error, the last lines of it. */
  readonly complaints: readonly string[]
  readonly exited: Promise<number | null>
  writeLine(line: string): void
  signal(name: NodeJS.Signals): void
}

export function startProgram(
  program: string,
  args: readonly string[],
  { environment = {}, workingDirectory }: Omit<ProgramOptions, 'input' | 'timeoutMs'> = {},
): RunningProgram {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    ...(workingDirectory !== undefined && { cwd: workingDirectory }),
  })
  const lines = collect(child, 'stdout', 100_000)
  const complaints = collect(child, 'stderr', 500)
  child.stdin.on('error', () => {}) // It may end before what is written to it.
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code))
  })
  return {
    lines,
    complaints,
    exited,
    writeLine: (line) => void child.stdin.write(`${line}\n`),
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** The last `most` lines of a stream, growing as they come. */
function collect(child: ChildProcess, stream: 'stdout' | 'stderr', most: number): string[] {
  const lines: string[] = []
  createInterface({ input: child[stream]! }).on('line', (line) => {
    lines.push(line)
    if (lines.length > most) lines.shift()
  })
  return lines
}
