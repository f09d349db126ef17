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
  /** Use per second over about the last second. */
  readonly perSecond: number
  /** Whether clients had to wait since the last report: there is more demand than the slice. */
  readonly throttled: boolean
}

/** A node's report to the shared quota service: of all tenants in use once a second, of single ones when they surprise. */
export interface UseReport {
  readonly nodeId: string
  readonly order: MessageOrder
  readonly tenants: readonly TenantUse[]
}

/** A node's part of a tenant's quota. Where there is none, nothing is throttled. */
export interface Slice {
  readonly perSecond: number
  /** Its part of what the window has left at this moment, which may be used at once. */
  readonly credit: number
}

/** The service's answer to one node. */
export interface SliceAssignment {
  readonly order: MessageOrder
  /** Whether tenants that aren't named are unthrottled; otherwise nothing is said of them. */
  readonly complete: boolean
  readonly slices: readonly { readonly tenantId: string; readonly slice: Slice | undefined }[]
}
