import {
  NodeQuotas,
  QuotaService,
  RateQuota,
  throttlingSettings,
  type ThrottlingSettings,
} from '@koine/services-streams'
import type { Randomness } from '@koine/base'

/** A way to hold tenants to their quotas over several nodes. */
export interface Scheme {
  /** Records what a tenant does on a node: milliseconds for which the connection is muted. */
  record(at: { readonly tenant: number; readonly node: number }, amount: number, nowMs: number): number
  /** Lets time pass: what nodes tell each other happens here. */
  step(nowMs: number): void
}

export interface SchemeOptions {
  readonly quotas: readonly number[]
  readonly nodes: number
  readonly randomness: Randomness
  readonly settings?: Partial<ThrottlingSettings>
  /** Chance of losing, of doubling and of delaying a message by up to half a second. */
  readonly mischief: number
  readonly cutOff?: CutOff | undefined
}

/** Nodes, the first so many, that hear nothing of the service and are not heard by it for a while. */
export interface CutOff {
  readonly nodes: number
  readonly fromMs: number
  readonly untilMs: number
}

/** Each node holds each tenant to an even part of its quota by Kafka's own windows. */
export function evenSplit({ quotas, nodes }: SchemeOptions): Scheme {
  const held = quotas.map((quota) => Array.from({ length: nodes }, () => new RateQuota({ bound: quota / nodes })))
  return {
    record: ({ tenant, node }, amount, nowMs) => held[tenant]![node]!.record(amount, nowMs),
    step: () => undefined,
  }
}

/** The shared quota service and its nodes, over a network that delays, loses and doubles what they say. */
export class LazyDynamic implements Scheme {
  readonly #nodes: NodeQuotas[]
  readonly #service: QuotaService
  readonly #names: string[]
  readonly #nodeIds: string[]
  readonly #o: SchemeOptions
  #post: { readonly atMs: number; readonly deliver: (nowMs: number) => void }[] = []
  #dividedAtMs = 0
  /** Tenants near their quota that were reported on in this step: divided once, however many spoke of them. */
  readonly #near = new Set<string>()

  constructor(o: SchemeOptions) {
    this.#o = o
    const settings = throttlingSettings({ nodes: o.nodes, ...o.settings })
    this.#names = o.quotas.map((_, index) => `t${index}`)
    this.#nodeIds = Array.from({ length: o.nodes }, (_, index) => `n${index}`)
    const quotas = new Map(this.#names.map((name, index) => [name, o.quotas[index]!]))
    this.#service = new QuotaService({ term: 1, settings, quotaOf: (tenantId) => quotas.get(tenantId) })
    this.#nodes = this.#nodeIds.map((nodeId) => new NodeQuotas({ nodeId, term: 1, settings, nowMs: 0 }))
  }

  record({ tenant, node }: { tenant: number; node: number }, amount: number, nowMs: number): number {
    return this.#nodes[node]!.tenant(this.#names[tenant]!, this.#o.quotas[tenant]!, nowMs).record(amount, nowMs)
  }

  step(nowMs: number): void {
    const due = this.#post.filter(({ atMs }) => atMs <= nowMs)
    if (due.length > 0) this.#post = this.#post.filter(({ atMs }) => atMs > nowMs)
    for (const { deliver } of due) deliver(nowMs)
    for (const [index, node] of this.#nodes.entries()) {
      node.checkContact(nowMs)
      const report = node.report(nowMs)
      if (!report) continue
      this.#send(index, nowMs, (atMs) => {
        for (const tenantId of this.#service.report(report, atMs)) this.#near.add(tenantId)
      })
    }
    if (nowMs - this.#dividedAtMs >= 1_000) {
      this.#dividedAtMs = nowMs
      this.#divide(nowMs)
    } else if (this.#near.size > 0) this.#divide(nowMs, [...this.#near])
    this.#near.clear()
  }

  #divide(nowMs: number, only?: readonly string[]): void {
    for (const [nodeId, assignment] of this.#service.divide(nowMs, only)) {
      const index = Number(nodeId.slice(1))
      this.#send(index, nowMs, (atMs) => this.#nodes[index]!.accept(assignment, atMs))
    }
  }

  /** From or to a node. */
  #send(node: number, nowMs: number, deliver: (nowMs: number) => void): void {
    const { randomness, mischief, cutOff } = this.#o
    if (randomness.fraction() < mischief) return
    if (cutOff && node < cutOff.nodes && nowMs >= cutOff.fromMs && nowMs < cutOff.untilMs) return
    const copies = randomness.fraction() < mischief ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const slow = randomness.fraction() < mischief ? 500 : 40
      this.#post.push({ atMs: nowMs + 5 + randomness.fraction() * slow, deliver })
    }
  }
}
