import { type Randomness, sleep, wholeNumber } from '@koine/base'
import type { World } from './world.ts'

/**
 * What the world does to the processes: crashes and restarts, a cache that forgets, stores that go away, a wall
 * clock that jumps.
 */
export class Mischief {
  readonly #world: World
  readonly #randomness: Randomness
  readonly #meanPauseMs: number
  #over = false

  constructor(world: World) {
    this.#world = world
    this.#randomness = world.chance(4)
    this.#meanPauseMs = 20 + this.#randomness.fraction() * 400
  }

  async run(): Promise<void> {
    const { clock } = this.#world
    while (!this.#over) {
      await sleep(clock, this.#randomness.fraction() * 2 * this.#meanPauseMs)
      if (!this.#over) await this.#strike()
    }
  }

  end(): void {
    this.#over = true
  }

  async #strike(): Promise<void> {
    const luck = this.#randomness.fraction()
    if (luck < 0.65) await this.#crash()
    else if (luck < 0.8) await this.#wipeCache()
    else if (luck < 0.9) await this.#takeStoresAway()
    else this.#jumpWall()
  }

  async #crash(): Promise<void> {
    const { clock } = this.#world
    const names = this.#world.serverNames()
    const name = names[wholeNumber(this.#randomness, names.length)]!
    this.#world.crash(name)
    await sleep(clock, this.#randomness.fraction() * 100)
    this.#world.start(name)
  }

  /** Sometimes for longer than anybody keeps trying. */
  async #takeStoresAway(): Promise<void> {
    this.#world.trace.note('the stores go away')
    this.#world.faults.away = true
    await sleep(this.#world.clock, this.#randomness.fraction() ** 2 * 2000)
    this.#world.faults.away = false
    this.#world.trace.note('the stores are back')
  }

  async #wipeCache(): Promise<void> {
    const { tenants } = this.#world
    const { id } = tenants[wholeNumber(this.#randomness, tenants.length)]!
    // The wiping itself may meet a fault: then it is put off.
    await this.#world.wipeCache(id).catch((thrown: unknown) => this.#world.expected('the wiper', thrown))
  }

  #jumpWall(): void {
    const ms = Math.round((this.#randomness.fraction() - 0.5) * 20_000)
    this.#world.trace.note(`the wall clock jumps by ${ms} ms`)
    this.#world.clock.jumpWall(ms)
  }
}
