import type { TenantScope } from '@koine/stores-ports'
import type { CoordinatorOptions, GroupDirectory } from '../group-directory.ts'
import { isGroupId } from '../group-directory.ts'
import type { Leaver } from '../leaving.ts'
import type { GroupFailure } from '../outcomes.ts'
import type { ConsumerContext, ExpelContext } from './consumer-context.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerHeartbeat, heartbeatProblem } from './consumer-heartbeat.ts'
import { epochs } from './consumer-member.ts'
import { type ConsumerHeartbeatOutcome, type ConsumerRefusal, refusal } from './consumer-outcomes.ts'
import { expel } from './consumer-sessions.ts'
import { consume } from './consuming.ts'
import { depart } from './departing.ts'
import { TopicViews } from './topic-view.ts'

const kafkasDefaults = { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000 }

/** The consumer protocol (KIP-848): the group assigns, and each member goes towards its part by heartbeats alone. */
export class ConsumerGroups {
  readonly topics: TopicViews
  readonly #options: CoordinatorOptions
  readonly #directory: GroupDirectory

  constructor(options: CoordinatorOptions, directory: GroupDirectory) {
    this.#options = options
    this.#directory = directory
    this.topics = new TopicViews(options.clock)
  }

  async heartbeat(
    scope: TenantScope,
    { groupId, ...request }: ConsumerHeartbeat & { readonly groupId: string },
  ): Promise<ConsumerHeartbeatOutcome> {
    if (!isGroupId(groupId)) return refusal('invalid-group-id', 'The group id is empty or too long.')
    const problem = heartbeatProblem(request, this.#options.limits)
    if (problem) return problem
    const { topicNames } = request
    if (topicNames && !this.#directory.hasRoom(scope, { groupId, memberId: request.memberId, terms: { topicNames } })) {
      return refusal('group-full', 'The members of all groups together subscribe to too much.')
    }
    const context = await this.#contextOf(scope, groupId, request)
    const isJoining = request.memberEpoch === epochs.joining
    // A group is written in one go, after everything that is to be waited for.
    const formerEpoch = isJoining ? await this.#formerEpoch(scope, groupId) : 0
    const group = this.#find(scope, groupId) ?? (isJoining ? this.#make(scope, groupId, formerEpoch) : undefined)
    if (!group) return refusal('unknown-member', `The group has no member ${request.memberId}.`)
    if (!(group instanceof ConsumerGroup)) return group
    const named = request.memberId === '' ? { ...request, memberId: this.#newMemberId() } : request
    const outcome = request.memberEpoch < 0 ? depart(group, named, context) : consume(group, named, context)
    this.#directory.settle(scope, group)
    return outcome
  }

  /** An administrator takes members out, as LeaveGroup has it. */
  leave(scope: TenantScope, group: ConsumerGroup, leavers: readonly Leaver[]): readonly (GroupFailure | undefined)[] {
    const context = this.#expelling(scope)
    return leavers.map(({ memberId, instanceId }) => {
      const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
      if (!member) return 'unknown-member'
      if (instanceId !== null && memberId !== '' && memberId !== member.id) return 'fenced-instance'
      expel(group, member, context, 'a member was made to leave')
      return undefined
    })
  }

  end(group: ConsumerGroup): void {
    for (const member of group.members.values()) member.cancelTimers()
  }

  #find(scope: TenantScope, groupId: string): ConsumerGroup | ConsumerRefusal | undefined {
    const group = this.#directory.find(scope, groupId)
    if (group?.type !== 'classic') return group
    return refusal('not-a-consumer-group', `The members of group ${groupId} use the classic protocol.`)
  }

  #make(scope: TenantScope, groupId: string, formerEpoch: number): ConsumerGroup | ConsumerRefusal {
    const { groups } = this.#options.limits
    if (this.#directory.isFull(scope)) {
      return refusal('too-many-groups', `At most ${groups} groups have members at a time.`)
    }
    const group = new ConsumerGroup(groupId, formerEpoch)
    this.#directory.add(scope, group)
    return group
  }

  async #formerEpoch(scope: TenantScope, groupId: string): Promise<number> {
    if (this.#directory.find(scope, groupId)) return 0
    const record = await this.#directory.records.find(scope, groupId)
    return record?.type === 'consumer' ? record.epoch : 0
  }

  async #contextOf(scope: TenantScope, groupId: string, request: ConsumerHeartbeat): Promise<ConsumerContext> {
    const { clock, limits, settingsOf } = this.#options
    // A consumer that subscribes to a topic which it has just made doesn't wait for it.
    const isFresh = request.topicNames !== null || request.pattern !== null
    const settings = (await settingsOf?.(scope, groupId)) ?? kafkasDefaults
    const topics = await this.topics.of(scope, { isFresh })
    return { ...this.#expelling(scope), clock, limits, settings, topics }
  }

  #expelling(scope: TenantScope): ExpelContext {
    return { logger: this.#options.logger, onDeserted: (group) => this.#directory.settle(scope, group) }
  }

  #newMemberId(): string {
    return Buffer.from(this.#options.randomness.fill(new Uint8Array(16))).toString('base64url')
  }
}
