import { type Randomness, wholeNumber } from '@koine/base'

/** How one simulated tenant behaves, before chance has its say. */
export type TenantKind = 'quiet' | 'steady' | 'bursting' | 'near-quota' | 'over-quota' | 'flooding'

/** What of a hundred tenants are of which kind, and their mean demand over their quota. */
const kinds: readonly { kind: TenantKind; percent: number; least: number; most: number }[] = [
  { kind: 'quiet', percent: 50, least: 0.001, most: 0.05 },
  { kind: 'steady', percent: 22, least: 0.05, most: 0.6 },
  { kind: 'bursting', percent: 15, least: 0.02, most: 0.25 },
  { kind: 'near-quota', percent: 5, least: 0.6, most: 0.85 },
  { kind: 'over-quota', percent: 6, least: 1.05, most: 4 },
  { kind: 'flooding', percent: 2, least: 5, most: 12 },
]

/** A tenant's demand: how much it wants to write, and through which nodes. Amounts are bytes, times milliseconds. */
export class TenantDemand {
  readonly kind: TenantKind
  /** Over all nodes, bytes per second. */
  readonly quota: number
  /** The nodes that lead its partitions. */
  readonly nodes: readonly number[]
  /** Parts of its demand by node of `nodes`; they add up to 1. */
  weights: readonly number[] = []
  readonly #randomness: Randomness
  readonly #mean: number
  readonly #skew: number
  #wave = 1
  #bursts = 1
  #burstEndsMs = 0
  #nextBurstMs: number
  #nextShiftMs = 0

  constructor(randomness: Randomness, nodes: number) {
    this.#randomness = randomness
    const { kind, least, most } = drawKind(randomness)
    this.kind = kind
    this.quota = 1_000_000 * 2 ** (randomness.fraction() * 7)
    this.#mean = this.quota * least * (most / least) ** randomness.fraction()
    this.#skew = randomness.fraction() * 2
    const spread = randomness.fraction()
    const count =
      spread < 0.3 ? 1 : spread < 0.7 ? 2 + wholeNumber(randomness, 5) : 7 + wholeNumber(randomness, nodes - 6)
    this.nodes = shuffled(randomness, nodes).slice(0, count)
    this.#nextBurstMs = randomness.fraction() * 30_000
  }

  /** Bytes that it wants to write in the step that begins now, over all nodes. */
  next(nowMs: number, stepMs: number): number {
    if (nowMs >= this.#nextShiftMs) this.#shift(nowMs)
    if (nowMs >= this.#nextBurstMs) this.#burst(nowMs)
    if (nowMs >= this.#burstEndsMs) this.#bursts = 1
    const { kind } = this
    const drift = (this.#randomness.fraction() - 0.5) * (kind === 'near-quota' ? 0.05 : 0.1)
    this.#wave = Math.min(1.15, Math.max(0.85, this.#wave + drift))
    return (this.#mean * this.#wave * this.#bursts * stepMs) / 1_000
  }

  /** Leaders or clients move: another part of the nodes carries the load from now on. */
  #shift(nowMs: number): void {
    this.#nextShiftMs = nowMs + 20_000 + this.#randomness.fraction() * 60_000
    const order = shuffled(this.#randomness, this.nodes.length)
    const raw = order.map((rank) => 1 / (rank + 1) ** this.#skew)
    const total = raw.reduce((sum, each) => sum + each, 0)
    this.weights = raw.map((each) => each / total)
  }

  #burst(nowMs: number): void {
    const chance = this.#randomness.fraction()
    const lengthMs = 300 + this.#randomness.fraction() * 4_000
    this.#burstEndsMs = nowMs + lengthMs
    this.#nextBurstMs = this.#burstEndsMs + 5_000 + this.#randomness.fraction() * 40_000
    if (this.kind === 'bursting') this.#bursts = 2 + chance * 10
    else if (this.kind === 'over-quota' || this.kind === 'flooding') this.#bursts = chance < 0.5 ? 0 : 1 + chance
  }
}

function drawKind(randomness: Randomness): (typeof kinds)[number] {
  let percent = randomness.fraction() * 100
  for (const each of kinds) {
    percent -= each.percent
    if (percent < 0) return each
  }
  return kinds[0]!
}

function shuffled(randomness: Randomness, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  for (let i = count - 1; i > 0; i--) {
    const j = wholeNumber(randomness, i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
