import { checks } from './checks/index.ts'
import { gatherEvidence } from './evidence.ts'
import { Mischief } from './mischief.ts'
import { Person } from './person.ts'
import type { Sabotage } from './server.ts'
import { World } from './world.ts'

export interface SimulationOutcome {
  readonly seed: number
  /** What must never be, and was: empty when the run is good. */
  readonly violations: readonly string[]
  /** The last lines of what happened. */
  readonly trace: readonly string[]
  /** Equal for two runs exactly when the same things happened in them. */
  readonly fingerprint: number
  readonly virtualMs: number
  readonly messages: number
  readonly crashes: number
}

export interface SimulationOptions {
  /** Things that each person does. */
  readonly deeds?: number
  /** Breaks a piece, to see that the checkers notice. */
  readonly sabotage?: Sabotage
  readonly traceLines?: number
}

const lifeMsMax = 30 * 60_000
/** Longer than any simulated delay, retry or back-off. */
const restMs = 20_000

/** One run: people talk while everything fails, then it is calm, devices catch up, and the checkers look. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationOutcome> {
  const world = new World(seed, options.sabotage)
  const people = world.tenants.flatMap((tenant, t) =>
    tenant.users.map((user, n) => {
      const name = `${tenant.marker}-${'abcdefgh'[n]}`
      return new Person({ name, world, tenant, user, randomness: world.chance(100 + 10 * t + n) })
    }),
  )
  const mischief = new Mischief(world)
  try {
    world.faults.rage()
    void mischief.run()
    await finish(world, 'the people', Promise.all(people.map((person) => person.live(options.deeds ?? 6))))
    mischief.end()
    world.faults.calm()
    world.trace.note('it is calm')
    await world.clock.run(restMs)
    const devices = people.flatMap((person) => person.devices)
    await finish(world, 'catching up', Promise.all(devices.map((device) => device.connect())))
    const evidence = await finish(world, 'gathering evidence', gatherEvidence(world, people))
    for (const [name, check] of Object.entries(checks)) {
      for (const what of check(evidence)) world.trace.violation(`${name}: ${what}`)
    }
  } catch (thrown) {
    world.trace.violation(`the run broke: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  }
  const { violations, fingerprint } = world.trace
  const messages = [...world.ledger.sends.values()].filter(({ answer }) => answer).length
  const trace = world.trace.tail(options.traceLines ?? 60)
  return { seed, violations, trace, fingerprint, virtualMs: world.clock.monotonic(), messages, crashes: world.crashes }
}

/** Lets virtual time pass until the work is done; what it throws is thrown here. */
async function finish<T>(world: World, what: string, work: Promise<T>): Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined
  work.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  await world.clock.runUntil(() => outcome !== undefined, lifeMsMax)
  if (!outcome) throw new Error(`${what} came to no end`)
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
