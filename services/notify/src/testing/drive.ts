import type { ManualClock } from '@koine/base/testing'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets everything happen that doesn't wait for time: for stores in memory a few turns of the event loop. */
export async function settle(turns = 8): Promise<void> {
  for (let i = 0; i < turns; i++) await turn()
}

/** Moves time on from timer to timer until the condition holds; fails after so many. */
export async function drive(
  clock: ManualClock,
  what: string,
  condition: () => boolean | Promise<boolean>,
  stepsMax = 2000,
): Promise<void> {
  for (let steps = 0; steps < stepsMax; steps++) {
    await settle()
    if (await condition()) return
    clock.step()
  }
  throw new Error(`In vain, over ${stepsMax} timers, until ${what}`)
}

/** Moves time on by so much, in steps that let everything happen in between. */
export async function pass(clock: ManualClock, ms: number, stepMs = 1000): Promise<void> {
  await settle()
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed))
    await settle()
  }
}
