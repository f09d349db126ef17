import type { Clock, Logger, Randomness } from '@koine/base'
import { logLimits, type TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import type { ConsumerGroupSettings } from '../settings/group-settings.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { Group } from './group.ts'
import { GroupRecords } from './group-records.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly limits: StreamsLimits
  /** What holds for a group of the consumer protocol. Kafka's defaults unless told. */
  readonly settingsOf?: (scope: TenantScope, groupId: string) => Promise<ConsumerGroupSettings>
  /** The group's partitions, as `topic/partition`, for which a transaction under way has offsets. None unless told. */
  readonly pendingOffsets?: (scope: TenantScope, groupId: string) => Promise<ReadonlySet<string>>
}

/** A group with members, of either protocol. */
export type LiveGroup = Group | ConsumerGroup

/** The groups that have members, or members on their way, by tenant and name. */
export class GroupDirectory {
  readonly records: GroupRecords
  readonly #options: CoordinatorOptions
  readonly #tenants = new Map<string, Map<string, LiveGroup>>()
  readonly #peopled = new WeakSet<LiveGroup>()

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.records = new GroupRecords(options.logger)
  }

  /** Groups that have members, of all tenants. */
  get size(): number {
    return this.#tenants.values().reduce((sum, groups) => sum + groups.size, 0)
  }

  find({ tenantId }: TenantScope, groupId: string): LiveGroup | undefined {
    return this.#tenants.get(tenantId)?.get(groupId)
  }

  all({ tenantId }: TenantScope): ReadonlyMap<string, LiveGroup> {
    return this.#tenants.get(tenantId) ?? new Map()
  }

  isFull(scope: TenantScope): boolean {
    return this.all(scope).size >= this.#options.limits.groups
  }

  add({ tenantId }: TenantScope, group: LiveGroup): void {
    let groups = this.#tenants.get(tenantId)
    if (!groups) this.#tenants.set(tenantId, (groups = new Map<string, LiveGroup>()))
    groups.set(group.id, group)
  }

  /** Takes note of a group's first member, and of the last that has gone. To be called after whatever may change that. */
  settle(scope: TenantScope, group: LiveGroup): void {
    if (this.find(scope, group.id) !== group) return
    if (group.members.size > 0 && !this.#peopled.has(group)) {
      this.#peopled.add(group)
      this.#note(scope, group, undefined)
    }
    if (!group.isDeserted) return
    if (this.#peopled.has(group)) this.#note(scope, group, this.#options.clock.now())
    const groups = this.#tenants.get(scope.tenantId)
    groups?.delete(group.id)
    if (groups?.size === 0) this.#tenants.delete(scope.tenantId)
  }

  /** @returns the groups that the tenant had */
  forget(tenantId: string): LiveGroup[] {
    const groups = [...(this.#tenants.get(tenantId)?.values() ?? [])]
    this.#tenants.delete(tenantId)
    return groups
  }

  get tenantIds(): string[] {
    return [...this.#tenants.keys()]
  }

  #note(scope: TenantScope, group: LiveGroup, emptySinceMs: number | undefined): void {
    const { id: groupId, type, protocolType } = group
    const epoch = group.type === 'classic' ? group.generation : group.epoch
    this.records.note(scope, { groupId, type, protocolType, epoch, emptySinceMs })
  }
}

export const isGroupId = (groupId: string): boolean =>
  groupId !== '' && !groupId.includes('\u0000') && Buffer.byteLength(groupId) <= logLimits.groupNameBytes
