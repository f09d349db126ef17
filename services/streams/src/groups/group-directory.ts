import type { Clock, Logger, Randomness } from '@koine/base'
import { logLimits, type TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import type { ConsumerGroupSettings } from '../settings/group-settings.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import type { Group } from './group.ts'
import { bytesOfTerms, GroupBytes } from './group-bytes.ts'
import { GroupRecords } from './group-records.ts'

export interface CoordinatorOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly limits: StreamsLimits
  /** How many groups a tenant may have; the limit unless told. */
  readonly groupsMax?: (scope: TenantScope) => number
  /** What holds for a group of the consumer protocol. Kafka's defaults unless told. */
  readonly settingsOf?: (scope: TenantScope, groupId: string) => Promise<ConsumerGroupSettings>
  /** The group's partitions, as `topic/partition`, for which a transaction under way has offsets. None unless told. */
  readonly pendingOffsets?: (scope: TenantScope, groupId: string) => Promise<ReadonlySet<string>>
}

/** Who would join, and on which terms. */
interface Entering {
  readonly groupId: string
  readonly memberId: string
  readonly terms: Parameters<typeof bytesOfTerms>[0]
}

/** A group with members, of either protocol. */
export type LiveGroup = Group | ConsumerGroup

/** The groups that have members, or members on their way, by tenant and name. */
export class GroupDirectory {
  readonly records: GroupRecords
  readonly #options: CoordinatorOptions
  readonly #tenants = new Map<string, Map<string, LiveGroup>>()
  readonly #bytes = new Map<string, GroupBytes>()
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

  groupsMax(scope: TenantScope): number {
    const { groupsMax, limits } = this.#options
    return groupsMax?.(scope) ?? limits.groups
  }

  isFull(scope: TenantScope): boolean {
    return this.all(scope).size >= this.groupsMax(scope)
  }

  /**
   * Whether the tenant's groups may keep more.
   * @param terms what a member says of itself, in place of what it said before
   */
  hasRoom(scope: TenantScope, { groupId, memberId, terms }: Entering): boolean {
    const before = this.find(scope, groupId)?.members.get(memberId)
    return this.hasRoomFor(scope, bytesOfTerms(terms) - (before ? bytesOfTerms(before.terms) : 0))
  }

  hasRoomFor({ tenantId }: TenantScope, bytes: number): boolean {
    return bytes <= 0 || (this.#bytes.get(tenantId)?.total ?? 0) + bytes <= this.#options.limits.groupBytes
  }

  add({ tenantId }: TenantScope, group: LiveGroup): void {
    let groups = this.#tenants.get(tenantId)
    if (!groups) this.#tenants.set(tenantId, (groups = new Map<string, LiveGroup>()))
    groups.set(group.id, group)
  }

  /** Takes note of a group's first member, of what it keeps, and of the last that has gone. To be called after whatever may change that. */
  settle(scope: TenantScope, group: LiveGroup): void {
    if (this.find(scope, group.id) !== group) return
    this.#bytesOf(scope).weigh(group)
    if (group.members.size > 0 && !this.#peopled.has(group)) {
      this.#peopled.add(group)
      this.#note(scope, group, undefined)
    }
    if (!group.isDeserted) return
    if (this.#peopled.has(group)) this.#note(scope, group, this.#options.clock.now())
    const groups = this.#tenants.get(scope.tenantId)
    groups?.delete(group.id)
    this.#bytesOf(scope).remove(group)
    if (groups?.size === 0) this.#drop(scope.tenantId)
  }

  /** @returns the groups that the tenant had */
  forget(tenantId: string): LiveGroup[] {
    const groups = [...(this.#tenants.get(tenantId)?.values() ?? [])]
    this.#drop(tenantId)
    return groups
  }

  get tenantIds(): string[] {
    return [...this.#tenants.keys()]
  }

  #bytesOf({ tenantId }: TenantScope): GroupBytes {
    let bytes = this.#bytes.get(tenantId)
    if (!bytes) this.#bytes.set(tenantId, (bytes = new GroupBytes()))
    return bytes
  }

  #drop(tenantId: string): void {
    this.#tenants.delete(tenantId)
    this.#bytes.delete(tenantId)
  }

  #note(scope: TenantScope, group: LiveGroup, emptySinceMs: number | undefined): void {
    const { id: groupId, type, protocolType } = group
    const epoch = group.type === 'classic' ? group.generation : group.epoch
    this.records.note(scope, { groupId, type, protocolType, epoch, emptySinceMs })
  }
}

export const isGroupId = (groupId: string): boolean =>
  groupId !== '' && !groupId.includes('\u0000') && Buffer.byteLength(groupId) <= logLimits.groupNameBytes
