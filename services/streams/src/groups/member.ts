import type { Timer } from '@koine/base'
import { type JoinOutcome, refuse, type SyncOutcome } from './outcomes.ts'

export interface GroupProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface MemberTerms {
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** In order of preference. */
  readonly protocols: readonly GroupProtocol[]
}

const noAssignment = new Uint8Array(0)

/** One member of a group: its terms, what it waits for, and when it was last heard of. */
export class Member {
  readonly id: string
  /** Set for a static member (KIP-345). */
  readonly instanceId: string | null
  terms: MemberTerms
  assignment: Uint8Array = noAssignment
  /** On the clock's monotonic time. */
  heardAtMs = 0
  sessionTimer: Timer | undefined
  #join: ((outcome: JoinOutcome) => void) | undefined
  #sync: ((outcome: SyncOutcome) => void) | undefined

  constructor(id: string, instanceId: string | null, terms: MemberTerms) {
    this.id = id
    this.instanceId = instanceId
    this.terms = terms
  }

  get isJoining(): boolean {
    return this.#join !== undefined
  }

  get isWaiting(): boolean {
    return this.#join !== undefined || this.#sync !== undefined
  }

  /** Resolves when the group has gathered. A join that the member has sent before is answered: try again. */
  awaitJoin(): Promise<JoinOutcome> {
    this.settleJoin(refuse('rebalance-in-progress'))
    return new Promise((resolve) => (this.#join = resolve))
  }

  settleJoin(outcome: JoinOutcome): void {
    this.#join?.(outcome)
    this.#join = undefined
  }

  /** Resolves when the leader has assigned. */
  awaitSync(): Promise<SyncOutcome> {
    this.settleSync(refuse('rebalance-in-progress'))
    return new Promise((resolve) => (this.#sync = resolve))
  }

  settleSync(outcome: SyncOutcome): void {
    this.#sync?.(outcome)
    this.#sync = undefined
  }

  supports(protocol: string): boolean {
    return this.terms.protocols.some(({ name }) => name === protocol)
  }

  metadata(protocol: string): Uint8Array {
    return this.terms.protocols.find(({ name }) => name === protocol)?.metadata ?? noAssignment
  }

  hasProtocols(protocols: readonly GroupProtocol[]): boolean {
    const own = this.terms.protocols
    return (
      own.length === protocols.length &&
      own.every(({ name, metadata }, i) => {
        const other = protocols[i]!
        return name === other.name && Buffer.compare(metadata, other.metadata) === 0
      })
    )
  }
}
