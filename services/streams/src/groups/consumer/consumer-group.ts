import { invariant } from '@koine/base'
import type { ConsumerMember } from './consumer-member.ts'
import { PartitionSet } from './partition-set.ts'

/** By the names that Kafka's tools show. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/**
 * The state of one group of the consumer protocol (KIP-848), without time. Subscriptions raise the group's epoch; the
 * target assignment follows it; each member goes towards the target by itself.
 */
export class ConsumerGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly id: string
  epoch: number
  /** The group's epoch that the target was made for. */
  assignmentEpoch = 0
  assignor = ''
  target: ReadonlyMap<string, PartitionSet> = new Map()
  readonly members = new Map<string, ConsumerMember>()
  /** Of the view of topics by which subscriptions have been resolved. */
  topicsVersion = 0
  /** The partitions that each topic subscribed to had then. */
  topicPartitions: ReadonlyMap<string, number> = new Map()
  /** The topics that each pattern finds in that view. */
  readonly patternMatches = new Map<string, readonly string[]>()
  readonly #staticIds = new Map<string, string>()
  readonly #owners = new Map<string, Map<number, string>>()

  /** @param epoch that a former life of the group ended with */
  constructor(id: string, epoch = 0) {
    this.id = id
    this.epoch = epoch
  }

  get isDeserted(): boolean {
    return this.members.size === 0
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    const isStable = this.members.values().every((member) => member.isReconciledTo(this.assignmentEpoch))
    return isStable ? 'Stable' : 'Reconciling'
  }

  targetOf(memberId: string): PartitionSet {
    return this.target.get(memberId) ?? PartitionSet.empty
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    return this.members.get(this.#staticIds.get(instanceId) ?? '')
  }

  /** The id of the member that reads the partition, or may be reading it still. */
  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  add(member: ConsumerMember): void {
    this.members.set(member.id, member)
    if (member.instanceId !== null) this.#staticIds.set(member.instanceId, member.id)
  }

  remove(member: ConsumerMember): void {
    this.hold(member, PartitionSet.empty, PartitionSet.empty)
    this.members.delete(member.id)
    member.cancelTimers()
    if (member.instanceId !== null && this.#staticIds.get(member.instanceId) === member.id) {
      this.#staticIds.delete(member.instanceId)
    }
    const target = new Map(this.target)
    target.delete(member.id)
    this.target = target
  }

  /** The same static member under another id: what was its predecessor's, or was meant for it, is its own. */
  replace(former: ConsumerMember, member: ConsumerMember): void {
    const [assigned, target] = [former.assigned, this.targetOf(former.id)]
    this.remove(former)
    this.add(member)
    this.target = new Map(this.target).set(member.id, target)
    this.hold(member, assigned, PartitionSet.empty)
  }

  /** Sets what the member has. Nobody else has any of it. */
  hold(member: ConsumerMember, assigned: PartitionSet, revoking: PartitionSet): void {
    for (const set of [member.assigned, member.revoking]) {
      for (const [topicId, partition] of set) this.#release(topicId, partition)
    }
    member.assigned = assigned
    member.revoking = revoking
    for (const set of [assigned, revoking]) {
      for (const [topicId, partition] of set) this.#claim(topicId, partition, member.id)
    }
  }

  #claim(topicId: string, partition: number, memberId: string): void {
    let owners = this.#owners.get(topicId)
    if (!owners) this.#owners.set(topicId, (owners = new Map<number, string>()))
    invariant(!owners.has(partition), 'a partition has one owner')
    owners.set(partition, memberId)
  }

  #release(topicId: string, partition: number): void {
    const owners = this.#owners.get(topicId)
    owners?.delete(partition)
    if (owners?.size === 0) this.#owners.delete(topicId)
  }
}
