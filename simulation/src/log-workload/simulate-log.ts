import { sleep } from '@koine/base'
import { checkLog } from '../log-checker/check-log.ts'
import { copiesAreExact } from '../log-checker/checks/copies.ts'
import type { Entry } from '../log-checker/history.ts'
import type { SimulationOutcome } from '../simulate.ts'
import { Client } from './client.ts'
import { copy } from './copier.ts'
import { type LogSabotage, LogWorld } from './log-world.ts'
import { produceIdempotently, produceInTransactions } from './producers.ts'
import { readAll, readOn } from './readers.ts'

export interface LogSimulationOptions {
  /** Things that each producer does. */
  readonly deeds?: number
  readonly sabotage?: LogSabotage
  readonly traceLines?: number
}

/** So that a run comes to an end in which hardly anything succeeds between two crashes. */
const crashesMax = 20
const lifeMsMax = 5 * 60_000
/** Longer than transactions may last, and than any back-off. */
const restMs = 60_000
const sources = ['in/0', 'in/1']
const copies = ['out/0', 'out/1']
const all = [...sources, ...copies]

/** One run: producers, transactions, readers and copiers while the node crashes and its stores fail; then all is checked. */
export async function simulateLog(seed: number, options: LogSimulationOptions = {}): Promise<SimulationOutcome> {
  const world = new LogWorld(seed, options.sabotage)
  const { trace, clock } = world
  const entries: Entry[] = []
  const { deeds = 20 } = options
  try {
    for (const name of ['in', 'out']) await finish(world, world.scope.log.createTopic({ name, partitions: 2 }))
    world.faults.rage()
    const client = (name: string, purpose: number): Client => new Client(name, world, world.chance(purpose), entries)
    let isOver = false
    const producers = [
      produceIdempotently(client('p1', 10), sources, deeds),
      produceIdempotently(client('p2', 11), sources, deeds),
      produceInTransactions(client('t1', 12), sources, deeds),
      produceInTransactions(client('t2', 13), sources, deeds),
    ]
    const others = [
      readOn(client('r1', 20), all, () => isOver),
      readOn(client('r2', 21), all, () => isOver),
      ...sources.flatMap((from, n) =>
        ['a', 'b'].map((twin, m) =>
          copy(client(`c${n}${twin}`, 30 + 2 * n + m), { from, to: copies[n]!, isOver: () => isOver }),
        ),
      ),
    ]
    const mischief = makeMischief(world)
    await finish(world, Promise.all(producers))
    world.faults.calm()
    world.isCalm = true
    trace.note('it is calm')
    await finish(world, sleep(clock, restMs))
    isOver = true
    await finish(world, Promise.all([...others, mischief]))
    await finish(world, sleep(clock, restMs))
    const { final, stuck } = await finish(
      world,
      world.call((streams, scope) => readAll(streams, scope, all)),
    )
    for (const what of stuck) trace.violation(`noStuckTransactions: ${what}`)
    const exact = copiesAreExact(
      (name) => sources.includes(name),
      (name) => copies.includes(name),
    )
    for (const what of checkLog({ entries, final }, { copiesAreExact: exact })) trace.violation(what)
    trace.note(`${final.length} records in the end`)
  } catch (thrown) {
    trace.violation(`the run broke: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  }
  const { violations, fingerprint } = trace
  const messages = entries.filter((entry) => entry.kind === 'work' && entry.outcome === 'ok').length
  const shown = trace.tail(options.traceLines ?? 60)
  return { seed, violations, trace: shown, fingerprint, virtualMs: clock.monotonic(), messages, crashes: world.crashes }
}

/** The node crashes now and then, at most so often; it is up in the end. */
async function makeMischief(world: LogWorld): Promise<void> {
  const randomness = world.chance(4)
  const meanPauseMs = 200 + randomness.fraction() * 2_000
  while (!world.isCalm && world.crashes < crashesMax) {
    await sleep(world.clock, randomness.fraction() * 2 * meanPauseMs)
    if (!world.isCalm) await world.crash(randomness.fraction() * 500)
  }
}

/** Lets virtual time pass until the work is done; what it throws is thrown here. */
async function finish<T>(world: LogWorld, work: Promise<T>): Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined
  work.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  await world.clock.runUntil(() => outcome !== undefined, lifeMsMax)
  if (!outcome) throw new Error('the run came to no end')
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
