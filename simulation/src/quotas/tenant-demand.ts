import type { Randomness } from '@koine/base'
import { type Behaviour, drawn, drawnBehaviour, drawnLog, type Placement, type Population } from './population.ts'

/** A tenant's demand: how much it wants to write, and through which nodes. Amounts are bytes, times milliseconds. */
export class TenantDemand {
  readonly behaviour: Behaviour
  /** Over all nodes, bytes per second. */
  readonly quota: number
  /** Parts of its demand by node of `nodes`; they add up to 1. */
  weights: readonly number[] = []
  readonly #randomness: Randomness
  readonly #population: Population
  readonly #placement: Placement
  readonly #mean: number
  #wave = 1
  #burst = 1
  #burstEndsMs = 0
  #nextBurstMs: number
  #nextMoveMs = 0

  constructor(randomness: Randomness, population: Population, nodes: number) {
    this.#randomness = randomness
    this.#population = population
    this.behaviour = drawnBehaviour(population, randomness)
    this.quota = 1_000_000 * 2 ** (randomness.fraction() * 7)
    this.#mean = this.quota * drawnLog(randomness, this.behaviour.mean)
    this.#placement = this.behaviour.place(randomness, nodes)
    this.#nextBurstMs = this.behaviour.bursts ? randomness.fraction() * 30_000 : Infinity
  }

  /** The nodes that lead its partitions. */
  get nodes(): readonly number[] {
    return this.#placement.nodes
  }

  /** Bytes that it wants to write in the step that begins now, over all nodes. */
  next(nowMs: number, stepMs: number): number {
    if (nowMs >= this.#nextMoveMs) this.#move(nowMs)
    if (nowMs >= this.#nextBurstMs) this.#beginBurst(nowMs)
    if (nowMs >= this.#burstEndsMs) this.#burst = 1
    const drift = (this.#randomness.fraction() - 0.5) * this.behaviour.drift
    this.#wave = Math.min(1.15, Math.max(0.85, this.#wave + drift))
    return (this.#mean * this.#wave * this.#burst * stepMs) / 1_000
  }

  /** Leaders or clients move: other nodes carry the load from now on. */
  #move(nowMs: number): void {
    this.#nextMoveMs = nowMs + drawn(this.#randomness, this.#population.stayMs)
    this.weights = this.#placement.weights(this.#randomness)
  }

  #beginBurst(nowMs: number): void {
    const { factor, lengthMs, gapMs, pauseChance } = this.behaviour.bursts!
    this.#burst = this.#randomness.fraction() < pauseChance ? 0 : drawn(this.#randomness, factor)
    this.#burstEndsMs = nowMs + drawn(this.#randomness, lengthMs)
    this.#nextBurstMs = this.#burstEndsMs + drawn(this.#randomness, gapMs)
  }
}
