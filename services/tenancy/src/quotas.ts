import { KoineError } from '@koine/base'

/**
 * What a tenant may have and use of the platform. Rates are averages over about ten seconds and over all nodes;
 * `requestPercentage` is time of a node's thread, 100 being the whole of one core (KIP-124).
 */
export const quotaKinds = [
  'produceBytesPerSecond',
  'fetchBytesPerSecond',
  'requestsPerSecond',
  'requestPercentage',
  'connections',
  'connectionsPerSecond',
  'topics',
  'partitions',
  'partitionMutationsPerSecond',
  'groups',
] as const
export type QuotaKind = (typeof quotaKinds)[number]

/** Infinity: unlimited. 0: nothing passes. */
export type TenantQuotas = { readonly [kind in QuotaKind]: number }

/** As it is kept and told, where Infinity has no form. */
export type QuotaValue = number | 'unlimited'

/** What an operator has given a tenant; the other kinds follow the defaults. */
export type OwnQuotas = { readonly [kind in QuotaKind]?: QuotaValue }

/** A change of what is given; null: back to the default. */
export type QuotaChanges = { readonly [kind in QuotaKind]?: QuotaValue | null }

/** Enough that nobody meets them by accident. */
export const defaultQuotas: TenantQuotas = {
  produceBytesPerSecond: 1_000_000_000,
  fetchBytesPerSecond: 2_000_000_000,
  requestsPerSecond: 100_000,
  requestPercentage: Infinity,
  connections: 12_000,
  connectionsPerSecond: 1_000,
  topics: 5_000,
  partitions: 20_000,
  partitionMutationsPerSecond: 2_000,
  groups: 10_000,
}

export const quotaNumber = (value: QuotaValue): number => (value === 'unlimited' ? Infinity : value)
export const quotaValue = (quota: number): QuotaValue => (quota === Infinity ? 'unlimited' : quota)

/** A whole set of quotas, as they are kept and told. */
export const quotasOf = (values: Required<OwnQuotas>): TenantQuotas => quotasOver(defaultQuotas, values)

export const quotasOver = (defaults: TenantQuotas, own: OwnQuotas): TenantQuotas =>
  Object.fromEntries(
    quotaKinds.map((kind) => {
      const value = own[kind]
      return [kind, value === undefined ? defaults[kind] : quotaNumber(value)]
    }),
  ) as TenantQuotas

/** @throws KoineError `invalid_request` */
export function changedQuotas(own: OwnQuotas, changes: QuotaChanges): OwnQuotas {
  const after = new Map(Object.entries(own))
  for (const [kind, value] of Object.entries(changes)) {
    if (value === undefined) continue
    if (value === null) after.delete(kind)
    else after.set(kind, checkedQuota(kind, value))
  }
  return Object.fromEntries(after)
}

/** Those that count what there is, rather than how fast it comes. */
const counted: readonly string[] = ['connections', 'topics', 'partitions', 'groups'] satisfies QuotaKind[]

function checkedQuota(kind: string, value: QuotaValue): QuotaValue {
  if (!(quotaKinds as readonly string[]).includes(kind)) {
    throw new KoineError(
      'invalid_request',
      `There is no quota ${kind.slice(0, 100)}; there are ${quotaKinds.join(', ')}.`,
    )
  }
  if (value === 'unlimited') return value
  if (typeof value !== 'number' || !(value >= 0) || value > Number.MAX_SAFE_INTEGER) {
    throw new KoineError('invalid_request', `The quota ${kind} is a number from 0 on, or "unlimited".`)
  }
  if (counted.includes(kind) && !Number.isInteger(value)) {
    throw new KoineError('invalid_request', `The quota ${kind} is a whole number.`)
  }
  return value
}
