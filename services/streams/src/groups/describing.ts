import type { Group, GroupPhase } from './group.ts'

/** By the names that Kafka's tools show. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface GroupListing {
  readonly groupId: string
  readonly protocolType: string
  readonly state: GroupState
}

export interface GroupDescription extends GroupListing {
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

export const listing = ({ id, protocolType, phase }: Group): GroupListing => ({
  groupId: id,
  protocolType,
  state: states[phase],
})

export const describe = (group: Group): GroupDescription => ({
  ...listing(group),
  protocolName: group.protocolName,
  members: [...group.members.values()].map((member) => ({
    memberId: member.id,
    instanceId: member.instanceId,
    clientId: member.terms.clientId,
    clientHost: member.terms.clientHost,
    metadata: member.metadata(group.protocolName),
    assignment: member.assignment,
  })),
})
