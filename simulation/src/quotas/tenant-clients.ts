import type { TenantDemand } from './tenant-demand.ts'

/** Connections of one tenant to one node. */
const connections = 4
/** A request carries at most this much of a second's quota, and a connection has at most so many answered in a step. */
const requestShareMax = 0.01
const requestsPerStep = 4
/** What waits in clients' buffers while they are muted, in steps of demand; more than that blocks whoever writes. */
const bufferedSteps = 40

/** A tenant's producers: they send what they have as fast as the answers let them, and buffer a bounded rest. */
export class TenantClients {
  readonly #demand: TenantDemand
  readonly #waiting: Float64Array
  readonly #mutedUntilMs: Float64Array
  #lastMutedMs = -1

  constructor(demand: TenantDemand) {
    this.#demand = demand
    this.#waiting = new Float64Array(demand.nodes.length)
    this.#mutedUntilMs = new Float64Array(demand.nodes.length * connections)
  }

  /** Whether any of its connections was muted in the step that begins at `nowMs`. */
  isMuted(nowMs: number): boolean {
    return this.#lastMutedMs > nowMs
  }

  /** Sends through each node; bytes sent in all. */
  step(wanted: number, nowMs: number, record: (node: number, amount: number, nowMs: number) => number): number {
    const { nodes, weights, quota } = this.#demand
    let sent = 0
    for (let i = 0; i < nodes.length; i++) {
      const added = wanted * weights[i]!
      const waiting = Math.min(this.#waiting[i]! + added, Math.max(added * bufferedSteps, this.#waiting[i]!))
      const left = this.#sendThrough(i, waiting, { nowMs, requestMax: quota * requestShareMax, record })
      sent += waiting - left
      this.#waiting[i] = left
    }
    return sent
  }

  #sendThrough(
    index: number,
    waiting: number,
    o: { nowMs: number; requestMax: number; record: (node: number, amount: number, nowMs: number) => number },
  ): number {
    const node = this.#demand.nodes[index]!
    let left = waiting
    for (let c = 0; c < connections && left > 0; c++) {
      const at = index * connections + c
      for (let r = 0; r < requestsPerStep && left > 0 && this.#mutedUntilMs[at]! <= o.nowMs; r++) {
        const amount = Math.min(left, o.requestMax)
        left -= amount
        const muteMs = o.record(node, amount, o.nowMs)
        if (muteMs > 0) this.#mute(at, o.nowMs + muteMs)
      }
    }
    return left
  }

  #mute(at: number, untilMs: number): void {
    this.#mutedUntilMs[at] = untilMs
    this.#lastMutedMs = Math.max(this.#lastMutedMs, untilMs)
  }
}
