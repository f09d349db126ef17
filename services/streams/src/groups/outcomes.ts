/** Why a group refuses. Each has an error code of the Kafka protocol with the same meaning. */
export type GroupFailure =
  | 'invalid-group-id'
  | 'invalid-session-timeout'
  | 'inconsistent-protocol'
  | 'unknown-member'
  | 'illegal-generation'
  | 'rebalance-in-progress'
  | 'fenced-instance'
  | 'group-full'
  | 'too-many-groups'
  | 'too-large'
  /** Of the consumer protocol: the member has another epoch by now. */
  | 'stale-epoch'
  /** The member is of the consumer protocol, and its client speaks a version that isn't. */
  | 'needs-epochs'

export interface Refusal<Reason extends string = GroupFailure> {
  readonly ok: false
  readonly reason: Reason
}

export type JoinOutcome =
  | {
      readonly ok: true
      readonly generation: number
      readonly protocolType: string
      readonly protocolName: string
      readonly leaderId: string
      readonly memberId: string
      /** All members for the leader, nobody for the others. */
      readonly members: readonly JoinedMember[]
      /** The leader has nothing to assign: a static member came back and all stays as it is. */
      readonly skipAssignment: boolean
    }
  | Refusal
  /** Join again with this id. */
  | { readonly ok: false; readonly reason: 'member-id-required'; readonly memberId: string }

export interface JoinedMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly metadata: Uint8Array
}

export type SyncOutcome =
  | {
      readonly ok: true
      readonly protocolType: string
      readonly protocolName: string
      readonly assignment: Uint8Array
    }
  | Refusal

export type HeartbeatOutcome = { readonly ok: true } | Refusal

export const refuse = <Reason extends string>(reason: Reason): Refusal<Reason> => ({ ok: false, reason })
