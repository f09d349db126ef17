import type { QuotaKind } from '@koine/services-tenancy'

/** The kinds of a tenant's quotas that are held by making clients wait. */
export const rateKinds = [
  'produceBytesPerSecond',
  'fetchBytesPerSecond',
  'requestsPerSecond',
  'requestPercentage',
  'partitionMutationsPerSecond',
  'connectionsPerSecond',
] as const satisfies readonly QuotaKind[]
export type RateKind = (typeof rateKinds)[number]

/** Those of them that are shared among nodes by the quota service. */
export const sharedKinds = [
  'produceBytesPerSecond',
  'fetchBytesPerSecond',
  'requestsPerSecond',
  'requestPercentage',
] as const satisfies readonly RateKind[]
export type SharedKind = (typeof sharedKinds)[number]

/** Nobody is told to wait for longer at a time: clients take an answer that hasn't come after 30 s for lost. */
export const throttleMsMax = 20_000
/** Whoever would have to wait for so long is refused, where there is a refusal: more debt isn't taken on. */
export const debtMsMax = 60_000
