import type { Timer } from '@koine/base'
import type { GroupProtocol, Member } from './member.ts'
import type { JoinedMember, JoinOutcome, SyncOutcome } from './outcomes.ts'

/**
 * - `empty`: no members.
 * - `gathering`: members join; until all have, or the rebalance timeout is over.
 * - `assigning`: a generation has begun; its leader's assignment is awaited.
 * - `stable`: every member has, or can fetch, its assignment.
 */
export type GroupPhase = 'empty' | 'gathering' | 'assigning' | 'stable'

const generationMax = 0x7fff_ffff

/** The state of one consumer group, without time: who is in it, and in which phase and generation it is. */
export class Group {
  readonly type = 'classic'
  readonly id: string
  phase: GroupPhase = 'empty'
  generation = 0
  protocolType = ''
  protocolName = ''
  leaderId = ''
  readonly members = new Map<string, Member>()
  /** Ids given out by `member-id-required` that haven't joined yet. */
  readonly promised = new Map<string, Timer>()
  /** Members that haven't asked for their assignment of this generation. */
  readonly unsynced = new Set<string>()
  /** Ends the gathering, or the time to ask for assignments. */
  phaseTimer: Timer | undefined
  /** While the first member of an empty group waits for others. */
  isInInitialDelay = false
  /** Whether somebody came during the present turn of that delay. */
  hasNewcomer = false
  /** When the group began to gather, on the clock's monotonic time. */
  gatheringSinceMs = 0
  readonly #staticIds = new Map<string, string>()

  constructor(id: string) {
    this.id = id
  }

  /** Neither a member nor one on its way. */
  get isDeserted(): boolean {
    return this.members.size === 0 && this.promised.size === 0
  }

  get rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this.members.values()].map(({ terms }) => terms.rebalanceTimeoutMs))
  }

  add(member: Member): void {
    this.members.set(member.id, member)
    if (member.instanceId !== null) this.#staticIds.set(member.instanceId, member.id)
    if (this.leaderId === '') this.leaderId = member.id
  }

  remove(member: Member): void {
    this.members.delete(member.id)
    this.unsynced.delete(member.id)
    member.sessionTimer?.cancel()
    if (member.instanceId !== null && this.#staticIds.get(member.instanceId) === member.id) {
      this.#staticIds.delete(member.instanceId)
    }
    if (this.leaderId === member.id) this.leaderId = this.members.keys().next().value ?? ''
  }

  /** The id that the static member has now. */
  staticMemberId(instanceId: string): string | undefined {
    return this.#staticIds.get(instanceId)
  }

  nextGeneration(): void {
    this.generation = this.generation >= generationMax ? 1 : this.generation + 1
  }

  /** Whether a member with these protocols can be in the group: one of them is known to every other member. */
  accepts(protocolType: string, protocols: readonly GroupProtocol[], except?: Member): boolean {
    if (protocolType === '' || protocols.length === 0) return false
    const others = [...this.members.values()].filter((member) => member !== except)
    if (others.length === 0) return true
    return (
      protocolType === this.protocolType && protocols.some(({ name }) => others.every((each) => each.supports(name)))
    )
  }

  /** Each member votes for the first of its protocols that all support; the most votes win. */
  electProtocol(): string {
    const members = [...this.members.values()]
    const votes = new Map<string, number>()
    for (const { terms } of members) {
      const choice = terms.protocols.find(({ name }) => members.every((each) => each.supports(name)))
      if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
    }
    return [...votes].reduce((best, each) => (each[1] > best[1] ? each : best), ['', 0])[0]
  }

  /** What the member learns of the generation. */
  joined(member: Member): JoinOutcome {
    return {
      ok: true,
      generation: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leaderId: this.leaderId,
      memberId: member.id,
      members: member.id === this.leaderId ? this.#roster() : [],
      skipAssignment: false,
    }
  }

  synced(member: Member): SyncOutcome {
    const { protocolType, protocolName } = this
    return { ok: true, protocolType, protocolName, assignment: member.assignment }
  }

  #roster(): JoinedMember[] {
    return [...this.members.values()].map((member) => ({
      memberId: member.id,
      instanceId: member.instanceId,
      metadata: member.metadata(this.protocolName),
    }))
  }
}
