/** Orders what one sender says: a later term (start of the sender) wins, then a later version. */
export interface MessageOrder {
  readonly term: number
  readonly version: number
}

export const isNewer = (a: MessageOrder, b: MessageOrder | undefined): boolean =>
  b === undefined || a.term > b.term || (a.term === b.term && a.version > b.version)

/** What a node tells of one tenant. */
export interface TenantUse {
  readonly tenantId: string
  /** All that the tenant used here since the node's term began: a total, so that a lost or doubled report loses or doubles nothing. */
  readonly total: number
  /** Use per second over about the last third of a second. */
  readonly perSecond: number
  /** Whether clients wait, or had to since the last report: there is more demand than the slice. */
  readonly throttled: boolean
}

/** A node's report to the shared quota service: of all tenants in use once a second, of single ones when they surprise. */
export interface UseReport {
  readonly nodeId: string
  readonly order: MessageOrder
  readonly tenants: readonly TenantUse[]
}

/** What the window has left for a node, to be used at once or later. */
export interface Credit {
  /**
   * The node's total on top of which it comes, so that use which the service hadn't heard of isn't given twice; undefined
   * where it knows none: then it comes on top of what the node has used when it hears of it.
   */
  readonly from: number | undefined
  readonly amount: number
  /** What the tenant has left on all nodes: while that is enough, whoever lacks it here gets it with the next word. */
  readonly everywhere: number
}

/** A node's part of a tenant's quota. Where there is none, nothing is throttled. */
export interface Slice {
  readonly perSecond: number
  /** Undefined while the tenant is held to its rate, because its window was used up. */
  readonly credit: Credit | undefined
  /** How long the rate adds nothing, because the window is used up. */
  readonly pauseMs: number
}

/** The service's answer to one node. */
export interface SliceAssignment {
  readonly order: MessageOrder
  /** The term of the node whose totals its credits come on top of. */
  readonly nodeTerm: number
  /** Whether tenants that aren't named are unthrottled; otherwise nothing is said of them. */
  readonly complete: boolean
  readonly slices: readonly { readonly tenantId: string; readonly slice: Slice | undefined }[]
}
