import type { ConsumerGroupState } from './consumer/consumer-group.ts'
import type { Group, GroupPhase } from './group.ts'
import type { LiveGroup } from './group-directory.ts'
import type { GroupRecord, GroupType } from './group-records.ts'

/** By the names that Kafka's tools show. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface GroupListing {
  readonly groupId: string
  readonly protocolType: string
  readonly type: GroupType
  readonly state: GroupState | ConsumerGroupState
}

export interface GroupDescription {
  readonly groupId: string
  readonly protocolType: string
  readonly state: GroupState
  /** Like the members' metadata and assignment, empty unless the group is stable. */
  readonly protocolName: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly metadata: Uint8Array
    readonly assignment: Uint8Array
  }[]
}

const states: { readonly [phase in GroupPhase]: GroupState } = {
  empty: 'Empty',
  gathering: 'PreparingRebalance',
  assigning: 'CompletingRebalance',
  stable: 'Stable',
}

export const listing = (group: LiveGroup): GroupListing => ({
  groupId: group.id,
  protocolType: group.protocolType,
  type: group.type,
  state: group.type === 'classic' ? states[group.phase] : group.state,
})

/** Of a group without members; one that never had any, and only committed offsets, counts as classic. */
export const listingOf = (groupId: string, record: GroupRecord | undefined): GroupListing => ({
  groupId,
  protocolType: record?.protocolType ?? '',
  type: record?.type ?? 'classic',
  state: 'Empty',
})

const nothing = new Uint8Array(0)

export function describe(group: Group): GroupDescription {
  const isStable = group.phase === 'stable'
  return {
    groupId: group.id,
    protocolType: group.protocolType,
    state: states[group.phase],
    protocolName: isStable ? group.protocolName : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      instanceId: member.instanceId,
      clientId: member.terms.clientId,
      clientHost: member.terms.clientHost,
      metadata: isStable ? member.metadata(group.protocolName) : nothing,
      assignment: isStable ? member.assignment : nothing,
    })),
  }
}
