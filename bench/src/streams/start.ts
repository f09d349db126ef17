import { compared } from './comparison.ts'
import type { Group } from './group.ts'
import type { Home, System } from './systems.ts'
import { awaitAccepting } from './topics.ts'

/** From the start of the process until a produce request is accepted. */
export const start: Group = {
  ids: ['start'],
  async take(versus) {
    await using opened = new AsyncDisposableStack()
    const homes = new Map<System, Home>()
    const both = await versus.alternate(async (system) => {
      let home = homes.get(system)
      if (!home) {
        homes.set(system, (home = opened.use(await system.home())))
        await startedOnce(system, home)
      }
      return await startedOnce(system, home)
    })
    const note = 'over a directory that was used before and closed cleanly'
    return [compared({ id: 'start', unit: 'ms', bar: { atMost: 0.2 }, ...both, note })]
  },
}

async function startedOnce(system: System, home: Home): Promise<number> {
  const beforeMs = performance.now()
  const [broker, tookMs] = await Promise.all([
    system.start(home),
    awaitAccepting(home.address).then(() => performance.now() - beforeMs),
  ])
  await broker[Symbol.asyncDispose]()
  return tookMs
}
