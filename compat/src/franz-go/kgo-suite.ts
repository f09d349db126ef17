import { createInterface } from 'node:readline'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from '../allow-list.ts'

const module = 'github.com/twmb/franz-go'

/** Of franz-go, as go.mod says. */
export const franzGoVersion = new RegExp(`${module} (v\\S+)`).exec(
  readFileSync(join(import.meta.dirname, 'go.mod'), 'utf8'),
)![1]!

/** A line of `go test -json`. */
interface GoTestEvent {
  /** `run`, `output`, `pass`, `fail`, `skip` and some that say nothing of an outcome. */
  readonly Action: string
  readonly Test?: string
  readonly Output?: string
}

export interface KgoOptions {
  readonly environment: Record<string, string>
  /** After it Go stops the run and what hasn't ended fails. */
  readonly timeoutMs: number
  readonly parallel: number
}

/** Runs the tests of franz-go's `pkg/kgo`, which Go fetches from the module proxy, and returns how each ended. */
export async function runKgo({ environment, timeoutMs, parallel }: KgoOptions): Promise<Outcome[]> {
  const args = ['test', '-json', '-count=1', '-vet=off', `-parallel=${parallel}`, `-timeout=${timeoutMs}ms`]
  const child = spawn('go', [...args, `${module}/pkg/kgo`], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const tally = new KgoTally()
  createInterface({ input: child.stdout }).on('line', (line) => tally.take(line))
  createInterface({ input: child.stderr }).on('line', (line) => tally.say(line))
  await new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()))
  return tally.outcomes()
}

/** Makes outcomes of the events: one for each test of the package, in which those of its parts are counted. */
export class KgoTally {
  readonly #running = new Set<string>()
  readonly #said = new Map<string, string[]>()
  readonly #outcomes = new Map<string, Outcome>()

  take(line: string): void {
    const event = parse(line)
    if (!event) return this.say(line)
    const { Action: action, Test: test, Output: output } = event
    if (action === 'output') this.say(output ?? '', test)
    if (test === undefined || test.includes('/')) return
    if (action === 'run') this.#running.add(test)
    if (action === 'pass') this.#end({ name: test, state: 'passed' })
    if (action === 'skip') this.#end({ name: test, state: 'skipped', reason: this.#reason(test) })
    if (action === 'fail') this.#end({ name: test, state: 'failed', reason: this.#reason(test) })
  }

  /** @param test the one that said it; the run itself when there is none */
  say(line: string, test = ''): void {
    const [name = ''] = test.split('/')
    const lines = this.#said.get(name) ?? []
    lines.push(line.trimEnd())
    if (lines.length > 200) lines.shift()
    this.#said.set(name, lines)
  }

  /** @throws Error with what Go said when there are none: the tests could not be built or run */
  outcomes(): Outcome[] {
    if (this.#outcomes.size === 0) throw new Error(`go test ran nothing:\n${this.#said.get('')?.join('\n')}`)
    const unended = [...this.#running].map((name): Outcome => ({ name, state: 'failed', reason: 'did not end' }))
    return [...this.#outcomes.values(), ...unended]
  }

  #end(outcome: Outcome): void {
    this.#running.delete(outcome.name)
    this.#outcomes.set(outcome.name, outcome)
  }

  /** What the test itself said, without Go's own lines and without what it tells of its cleaning up. */
  #reason(test: string): string {
    const said = (this.#said.get(test) ?? []).flatMap((line) => /^\s+\w+\.go:\d+: (.+)$/.exec(line)?.[1] ?? [])
    const telling = said.filter((line) => !/deleting (topic|group)|NOT DELETING|completed in/.test(line))
    return telling.slice(0, 5).join('; ')
  }
}

function parse(line: string): GoTestEvent | undefined {
  try {
    return JSON.parse(line) as GoTestEvent
  } catch {
    return undefined // What the compiler says isn't JSON.
  }
}
