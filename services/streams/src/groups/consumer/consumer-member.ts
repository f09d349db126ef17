import type { Timer } from '@koine/base'
import { PartitionSet } from './partition-set.ts'
import type { LinearPattern } from '../../linear-pattern.ts'

/** What a member has told of itself. */
export interface ConsumerTerms {
  readonly clientId: string
  readonly clientHost: string
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly topicNames: readonly string[]
  /** Of topics' names. */
  readonly pattern: LinearPattern | null
  /** Null: the group's choice. */
  readonly assignor: string | null
  /** Which topics its pattern may find. */
  readonly mayDescribe: (topic: string) => boolean
}

/**
 * - `stable`: it has all that its epoch's assignment gives it.
 * - `unrevoked`: it is asked to give partitions up and hasn't said that it did.
 * - `unreleased`: it waits for partitions that other members still have.
 */
export type ReconcilingState = 'stable' | 'unrevoked' | 'unreleased'

export const epochs = {
  joining: 0,
  leaving: -1,
  /** A static member that is to come back. */
  away: -2,
} as const

/** One member of a group of the consumer protocol (KIP-848). */
export class ConsumerMember {
  readonly id: string
  readonly instanceId: string | null
  terms: ConsumerTerms
  epoch: number = epochs.joining
  /** The answer that told the present one may have been lost. */
  previousEpoch: number = epochs.joining
  state: ReconcilingState = 'stable'
  /** What it may read. */
  assigned = PartitionSet.empty
  /** What it is to give up and may be reading still. */
  revoking = PartitionSet.empty
  /** The ids of the topics that it subscribes to and that exist. */
  topicIds: readonly string[] = []
  sessionTimeoutMs = 0
  /** On the clock's monotonic time. */
  heardAtMs = 0
  sessionTimer: Timer | undefined
  /** The epoch in which it has been asked to give partitions up; undefined when it hasn't. */
  revokingSince: number | undefined
  rebalanceTimer: Timer | undefined

  constructor(id: string, instanceId: string | null, terms: ConsumerTerms) {
    this.id = id
    this.instanceId = instanceId
    this.terms = terms
  }

  get isAway(): boolean {
    return this.epoch === epochs.away
  }

  /** @returns whether it has what the target gives it, at the target's epoch */
  isReconciledTo(assignmentEpoch: number): boolean {
    return this.state === 'stable' && this.epoch === assignmentEpoch
  }

  cancelTimers(): void {
    this.sessionTimer?.cancel()
    this.rebalanceTimer?.cancel()
    this.sessionTimer = this.rebalanceTimer = undefined
  }
}
