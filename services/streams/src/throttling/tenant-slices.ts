import { divideBudget, type NodeLoad } from './divide-budget.ts'
import { isNewer, type MessageOrder, type Slice, type TenantUse } from './quota-messages.ts'
import type { ThrottlingSettings } from './throttling-settings.ts'

interface HeardNode extends NodeLoad {
  readonly order: MessageOrder
  readonly total: number
  readonly atMs: number
}

/** Finer than the reports, so that what leaves the window leaves it smoothly. */
const bucketMs = 100
/** The longest time that a node's rate is measured over. */
const latelyMs = 1_100
const quiet: NodeLoad = { perSecond: 0, throttled: false }

/** What the shared quota service knows of one tenant's quota, and how it divides it. Times are the service's monotonic clock. */
export class TenantSlices {
  readonly #settings: ThrottlingSettings
  readonly #heard = new Map<string, HeardNode>()
  readonly #used: Float64Array
  #turn = 0
  #near = false
  /** Over all nodes, per second. */
  quota: number

  constructor(quota: number, settings: ThrottlingSettings) {
    this.quota = quota
    this.#settings = settings
    this.#used = new Float64Array(Math.round(settings.windowMs / bucketMs))
  }

  report(nodeId: string, order: MessageOrder, use: TenantUse, nowMs: number): void {
    const before = this.#heard.get(nodeId)
    if (!isNewer(order, before?.order)) return
    // Of a node that isn't known (any more) the service can't tell what of the total is old.
    const lately = Math.min(use.total, (use.perSecond * latelyMs) / 1_000)
    const used = before && before.order.term === order.term ? use.total - before.total : lately
    this.#advance(nowMs)
    this.#used[this.#turn % this.#used.length]! += used
    const { total, perSecond, throttled } = use
    this.#heard.set(nodeId, { order, total, perSecond, throttled, atMs: nowMs })
  }

  forget(nodeId: string): void {
    this.#heard.delete(nodeId)
  }

  /** Whether the use of the window that ends a moment from now will be near the quota, or was and clients still wait. */
  isNearQuota(nowMs: number): boolean {
    const { windowMs, foresightMs } = this.#settings
    const coming = (this.#perSecond(nowMs) * foresightMs) / 1_000
    this.#near =
      this.#usedLately(windowMs - foresightMs, nowMs) + coming >= this.#settings.lazyShare * this.#windowQuota() ||
      (this.#near && this.#isWaiting(nowMs))
    return this.#near
  }

  /**
   * Slices of the live nodes, in their order, or undefined while nothing is throttled. With what is kept for silent nodes
   * they are never more than the quota per second, and less while a burst is made good.
   */
  slices(live: readonly string[], silentNodes: number, nowMs: number): Slice[] | undefined {
    if (!this.isNearQuota(nowMs)) return undefined
    const { nodes, floorShare, creditShare } = this.#settings
    const credit =
      Math.max(0, this.#windowQuota() * this.#settings.aimShare - this.#usedLately(this.#settings.windowMs, nowMs)) *
      creditShare
    const budget = this.#budget(credit, nowMs)
    const kept = Math.min(budget, (silentNodes * this.quota) / Math.max(nodes, live.length + silentNodes))
    const loads = live.map((nodeId) => this.#load(nodeId, nowMs))
    const divided = divideBudget(budget - kept, loads, floorShare)
    return divided.map((perSecond) => ({ perSecond, credit: budget > 0 ? (credit * perSecond) / budget : 0 }))
  }

  /** The highest steady rate, at most the quota, with which no window that has begun ends above the quota if the credit is used. */
  #budget(credit: number, nowMs: number): number {
    const { windowMs, budgetShareMin } = this.#settings
    let budget = this.quota
    for (let aheadMs = 1_000; aheadMs < windowMs; aheadMs += 1_000) {
      const left = this.#windowQuota() * this.#settings.aimShare - credit - this.#usedLately(windowMs - aheadMs, nowMs)
      budget = Math.min(budget, (left * 1_000) / aheadMs)
    }
    return Math.max(budget, this.quota * budgetShareMin)
  }

  #load(nodeId: string, nowMs: number): NodeLoad {
    const heard = this.#heard.get(nodeId)
    return heard && nowMs - heard.atMs < this.#settings.silentMs ? heard : quiet
  }

  #perSecond(nowMs: number): number {
    let total = 0
    for (const nodeId of this.#heard.keys()) total += this.#load(nodeId, nowMs).perSecond
    return total
  }

  /** As long as clients wait, letting go of them would only bring the next flood. */
  #isWaiting(nowMs: number): boolean {
    for (const nodeId of this.#heard.keys()) if (this.#load(nodeId, nowMs).throttled) return true
    return false
  }

  #windowQuota(): number {
    return (this.quota * this.#settings.windowMs) / 1_000
  }

  #usedLately(spanMs: number, nowMs: number): number {
    this.#advance(nowMs)
    let total = 0
    for (let back = 0; back < spanMs / bucketMs; back++) {
      const turn = this.#turn - back
      if (turn >= 0) total += this.#used[turn % this.#used.length]!
    }
    return total
  }

  #advance(nowMs: number): void {
    const turn = Math.floor(nowMs / bucketMs)
    const gone = Math.min(turn - this.#turn, this.#used.length)
    for (let i = 0; i < gone; i++) this.#used[(turn - i) % this.#used.length] = 0
    this.#turn = Math.max(turn, this.#turn)
  }
}
