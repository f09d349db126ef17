import type { Held, Rate, Usage } from '../../api/streams-port.ts'
import { formatBytes, formatCount } from '../figures.ts'

/** `near`: four fifths of the quota or more. `over`: all of it, or clients were made to wait for it. */
export type Standing = 'well' | 'near' | 'over'

const nearShare = 0.8

/** Of the quota, from 0 to 1 and beyond; undefined without a quota. */
export function shareOf(used: number, quota: number | null): number | undefined {
  if (quota === null) return undefined
  if (quota > 0) return used / quota
  return used > 0 ? 1 : 0
}

export function standingOf(used: number, quota: number | null, throttledMs = 0): Standing {
  const share = shareOf(used, quota) ?? 0
  if (throttledMs > 0 || share >= 1) return 'over'
  return share >= nearShare ? 'near' : 'well'
}

const shareFormat = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** Something that is used is never nothing: "<0.1%". */
export function formatShare(share: number): string {
  return share > 0 && share < 0.001 ? `<${shareFormat.format(0.001)}` : shareFormat.format(share)
}

export const formatByteRate = (bytes: number): string => `${formatBytes(bytes)}/s`

const few = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
/** A rate below ten keeps a digit behind the point. */
export const formatRate = (perSecond: number): string =>
  `${perSecond < 10 ? few.format(perSecond) : formatCount(perSecond)}/s`

/** Of one core. */
export const formatPercentage = (percentage: number): string => `${few.format(percentage)}%`

export function formatThrottled(ms: number): string {
  if (ms < 1_000) return `${formatCount(Math.max(1, ms))} ms`
  return ms < 120_000 ? `${few.format(ms / 1_000)} s` : `${few.format(ms / 60_000)} min`
}

export interface Metered {
  readonly name: string
  readonly used: number
  readonly quota: number | null
  readonly throttledMs: number
  readonly format: (value: number) => string
  /** What it is, for those who wonder. */
  readonly about: string
}

const rated = (name: string, about: string, { perSecond, ...rest }: Rate, format: Metered['format']): Metered => ({
  name,
  about,
  used: perSecond,
  ...rest,
  format,
})
const counted = (name: string, about: string, held: Held): Metered => ({
  name,
  about,
  ...held,
  throttledMs: 0,
  format: formatCount,
})

/** The two that people look for first. */
export const throughputOf = ({ rates }: Usage): { readonly produce: Metered; readonly fetch: Metered } => ({
  produce: rated('Produce', 'What clients write', rates.produceBytesPerSecond, formatByteRate),
  fetch: rated('Fetch', 'What clients read', rates.fetchBytesPerSecond, formatByteRate),
})

export const requestsOf = ({ rates }: Usage): readonly Metered[] => [
  rated('Requests', 'Of Kafka clients', rates.requestsPerSecond, formatRate),
  rated('Request time', 'Of one core, for handling them', rates.requestPercentage, formatPercentage),
  rated('New connections', 'Opened by clients', rates.connectionsPerSecond, formatRate),
  rated('Partition changes', 'Made or deleted', rates.partitionMutationsPerSecond, formatRate),
]

export const heldOf = ({ held }: Usage): readonly Metered[] => [
  counted('Connections', 'Open now', held.connections),
  counted('Topics', 'The platform’s among them', held.topics),
  counted('Partitions', 'Of all topics', held.partitions),
  counted('Consumer groups', 'With members or offsets', held.groups),
]

export interface Summary {
  readonly standing: Standing
  readonly text: string
}

/** The whole in one sentence: what throttles, else what is near its quota. */
export function summaryOf(usage: Usage): Summary {
  const { produce, fetch } = throughputOf(usage)
  const all = [produce, fetch, ...requestsOf(usage), ...heldOf(usage)]
  const at = (wanted: Standing): readonly string[] =>
    all
      .filter(({ used, quota, throttledMs }) => standingOf(used, quota, throttledMs) === wanted)
      .map(({ name }) => name.toLowerCase())
  const [over, near] = [at('over'), at('near')]
  if (over.length > 0) return { standing: 'over', text: `At the quota: ${over.join(', ')}` }
  if (near.length > 0) return { standing: 'near', text: `Near the quota: ${near.join(', ')}` }
  return { standing: 'well', text: 'Within all quotas' }
}
