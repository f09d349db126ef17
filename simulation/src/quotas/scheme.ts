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
    for (const node of this.#nodes) {
      node.checkContact(nowMs)
      const report = node.report(nowMs)
      if (!report) continue
      this.#send(nowMs, (atMs) => {
        const near = this.#service.report(report, atMs)
        if (near.length > 0) this.#divide(atMs, near)
      })
    }
    if (nowMs - this.#dividedAtMs >= 1_000) {
      this.#dividedAtMs = nowMs
      this.#divide(nowMs)
    }
  }

  #divide(nowMs: number, only?: readonly string[]): void {
    for (const [nodeId, assignment] of this.#service.divide(nowMs, only)) {
      const node = this.#nodes[Number(nodeId.slice(1))]!
      this.#send(nowMs, (atMs) => node.accept(assignment, atMs))
    }
  }

  #send(nowMs: number, deliver: (nowMs: number) => void): void {
    const { randomness, mischief } = this.#o
    if (randomness.fraction() < mischief) return
    const copies = randomness.fraction() < mischief ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const slow = randomness.fraction() < mischief ? 500 : 40
      this.#post.push({ atMs: nowMs + 5 + randomness.fraction() * slow, deliver })
    }
  }
}
