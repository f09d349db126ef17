import { divideBudget, type NodeLoad } from './divide-budget.ts'
import { isNewer, type MessageOrder, type Slice, type TenantUse } from './quota-messages.ts'
import type { ThrottlingSettings } from './throttling-settings.ts'

/** A node that reports. */
export interface LiveNode {
  readonly nodeId: string
  readonly term: number
}

interface HeardNode extends NodeLoad {
  readonly order: MessageOrder
  readonly total: number
  readonly atMs: number
}

/** Finer than the reports, so that what leaves the window leaves it smoothly. */
const bucketMs = 100
/** What is counted of a node that wasn't known before, as time at its rate. */
const latelyMs = 1_100
/** Some rate there is always: by it the credit is divided. */
const budgetShareMin = 0.002
const quiet: NodeLoad = { perSecond: 0, throttled: false }

/**
 * What the shared quota service knows of one tenant's quota, and how it divides it. Times are the service's monotonic clock.
 *
 * Near its quota a tenant gets all that its window has left as credit, where its load is: use within the quota needn't wait
 * for anything. When it is used up and clients wait, the tenant is held to a rate instead, so that it is let go smoothly.
 */
export class TenantSlices {
  readonly #settings: ThrottlingSettings
  readonly #heard = new Map<string, HeardNode>()
  readonly #used: Float64Array
  #turn = 0
  #isNear = false
  #exhaustedAtMs = -Infinity
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
    this.#spread(used, Math.min(nowMs - (before?.atMs ?? nowMs), this.#settings.reportMs), nowMs)
    const { total, perSecond, throttled } = use
    this.#heard.set(nodeId, { order, total, perSecond, throttled, atMs: nowMs })
  }

  forget(nodeId: string): void {
    this.#heard.delete(nodeId)
  }

  /** Whether the use of the window that ends a moment from now will be near the quota, or the tenant is held to its rate. */
  isNearQuota(nowMs: number): boolean {
    const { windowMs, foresightMs, lazyShare } = this.#settings
    const coming = this.#unheard(nowMs) + (this.#perSecond(nowMs) * foresightMs) / 1_000
    const isFull = this.#usedLately(windowMs - foresightMs, nowMs) + coming >= lazyShare * this.#windowQuota
    this.#isNear = isFull || (this.#isNear && this.#isHeld(nowMs))
    return this.#isNear
  }

  /**
   * Slices of the live nodes, in their order, or undefined while nothing is throttled. With what is kept for silent nodes
   * their rates are never more than the quota per second, and less while a burst is made good.
   */
  slices(live: readonly LiveNode[], silentNodes: number, nowMs: number): Slice[] | undefined {
    if (!this.isNearQuota(nowMs)) return undefined
    const { nodes, floorShare, creditFloorShare } = this.#settings
    const left = this.#left(nowMs)
    const isHeld = this.#isHeld(nowMs)
    const budget = isHeld ? this.#heldRate : this.#budget(left, nowMs)
    const pauseMs = isHeld ? this.#pauseMs(nowMs) : 0
    const kept = Math.min(budget, (silentNodes * this.quota) / Math.max(nodes, live.length + silentNodes))
    const loads = live.map(({ nodeId }) => this.#load(nodeId, nowMs))
    return divideBudget(budget - kept, loads, floorShare).map((perSecond, index) => {
      if (isHeld) return { perSecond, credit: undefined, pauseMs }
      const part = Math.max(creditFloorShare, budget > 0 ? perSecond / budget : 0)
      const credit = { from: this.#totalOf(live[index]!), amount: left * part, everywhere: left }
      return { perSecond, credit, pauseMs }
    })
  }

  /** What may still be used of the window, beside what is likely on its way. */
  #left(nowMs: number): number {
    const { windowMs, aimShare, reserveMs, exhaustedShare } = this.#settings
    const reserve = (this.#perSecond(nowMs) * reserveMs) / 1_000
    const left = Math.max(0, this.#windowQuota * aimShare - this.#usedLately(windowMs, nowMs) - reserve)
    if (left <= this.#windowQuota * exhaustedShare && this.#isWaiting(nowMs)) this.#exhaustedAtMs = nowMs
    return left
  }

  /** The highest steady rate, at most the quota, with which no window that has begun ends above what is aimed at if the credit is used. */
  #budget(credit: number, nowMs: number): number {
    const { windowMs, aimShare } = this.#settings
    const open = this.#windowQuota * aimShare - credit
    let budget = this.quota
    for (let aheadMs = 1_000; aheadMs < windowMs; aheadMs += 1_000) {
      const left = open - this.#usedLately(windowMs - aheadMs, nowMs)
      budget = Math.min(budget, (left * 1_000) / aheadMs)
    }
    return Math.max(this.quota * budgetShareMin, budget)
  }

  get #heldRate(): number {
    return this.quota * this.#settings.heldAimShare
  }

  /** How long to wait until the rate can be used with no window that has begun ending above it. */
  #pauseMs(nowMs: number): number {
    const { windowMs } = this.#settings
    const rate = this.#heldRate
    if (rate === 0) return windowMs
    let pauseMs = 0
    for (let aheadMs = 0; aheadMs <= windowMs; aheadMs += bucketMs) {
      const left = (rate * windowMs) / 1_000 - this.#usedLately(windowMs - aheadMs, nowMs)
      pauseMs = Math.max(pauseMs, aheadMs - (left / rate) * 1_000)
    }
    return pauseMs
  }

  /** What the service has heard of the node's use in this term of it. */
  #totalOf({ nodeId, term }: LiveNode): number | undefined {
    const heard = this.#heard.get(nodeId)
    return heard?.order.term === term ? heard.total : undefined
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

  /** Use since the last reports, by the rates that they told. */
  #unheard(nowMs: number): number {
    let total = 0
    for (const { perSecond, atMs } of this.#heard.values()) {
      total += (perSecond * Math.min(nowMs - atMs, this.#settings.reportMs)) / 1_000
    }
    return total
  }

  #isWaiting(nowMs: number): boolean {
    for (const nodeId of this.#heard.keys()) if (this.#load(nodeId, nowMs).throttled) return true
    return false
  }

  #isHeld(nowMs: number): boolean {
    return nowMs - this.#exhaustedAtMs < this.#settings.holdMs
  }

  get #windowQuota(): number {
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

  /** Over the time since the last report, so that it leaves the window as it came. Who is in use reports every second. */
  #spread(used: number, overMs: number, nowMs: number): void {
    this.#advance(nowMs)
    const first = Math.min(this.#turn, Math.max(0, Math.floor((nowMs - overMs) / bucketMs)))
    const part = used / (this.#turn - first + 1)
    for (let turn = first; turn <= this.#turn; turn++) this.#used[turn % this.#used.length]! += part
  }

  #advance(nowMs: number): void {
    const turn = Math.floor(nowMs / bucketMs)
    const gone = Math.min(turn - this.#turn, this.#used.length)
    for (let i = 0; i < gone; i++) this.#used[(turn - i) % this.#used.length] = 0
    this.#turn = Math.max(turn, this.#turn)
  }
}
