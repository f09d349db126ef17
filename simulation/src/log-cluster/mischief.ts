import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, requestTimeoutMs } from './cluster.ts'
import { chance } from './recorder.ts'

export interface MischiefOptions {
  /** Of the program when it is up; some more come while it isn't yet. */
  readonly kills: number
  readonly freezes: number
  /** What all of it shall take; it takes longer where the server needs longer to come up. */
  readonly seconds: number
  readonly progress: (line: string) => void
}

/** Longer than members' sessions and transactions last. */
const longFreezeMs = 7_000
/** About what the program needs to come up again. */
const restartMs = 1_200
/** Clients are mostly given so long to do something between two blows, at least. */
const peaceMsMin = 300

interface Blow {
  readonly strike: () => Promise<void>
  readonly takesMs: number
}

/** Kills and freezes in a random order, spread over the time; the server is up and awake in the end. */
export async function makeMischief(cluster: Cluster, options: MischiefOptions): Promise<void> {
  const { kills, freezes, seconds, progress } = options
  const deadline = performance.now() + seconds * 1_000
  const left: Blow[] = shuffled([
    ...Array.from({ length: kills }, () => ({ strike: () => cluster.kill(), takesMs: restartMs })),
    ...Array.from({ length: freezes }, (_, n) => ({ strike: () => cluster.freeze(freezeMs(n)), takesMs: freezeMs(n) })),
  ])
  for (let blow = left[0]; blow; blow = left[0]) {
    const leftMs = deadline - performance.now() - left.reduce((sum, { takesMs }) => sum + takesMs, 0)
    await sleep(peaceMs(leftMs / left.length))
    await blow.strike()
    left.shift()
    progress(`${cluster.kills} kills, ${cluster.freezes} freezes, ${left.length} to come`)
  }
  await sleep(Math.max(0, deadline - performance.now()))
}

/** Now and then next to nothing: then the program dies while clients return and transactions are taken up again. */
const peaceMs = (meanMs: number): number =>
  chance(0.2) ? Math.random() * peaceMsMin : peaceMsMin + Math.random() * 2 * Math.max(0, meanMs - peaceMsMin)

/** Every second freeze is long. */
const freezeMs = (n: number): number => (n % 2 === 0 ? 1.5 * requestTimeoutMs : longFreezeMs)

function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items]
  for (let i = left.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[left[i], left[other]] = [left[other]!, left[i]!]
  }
  return left
}
