import type { Usage } from '../../api/streams-port.ts'

const rate = { perSecond: 1, quota: 1_000, throttledMs: 0 }
const held = { used: 2, quota: 20 }

/** A tenant that is far from all its quotas, but for what is given. */
export const usageWith = (part: {
  readonly rates?: Partial<Usage['rates']>
  readonly held?: Partial<Usage['held']>
}): Usage => ({
  rates: {
    produceBytesPerSecond: rate,
    fetchBytesPerSecond: rate,
    requestsPerSecond: rate,
    requestPercentage: { ...rate, quota: null },
    partitionMutationsPerSecond: rate,
    connectionsPerSecond: rate,
    ...part.rates,
  },
  held: { connections: held, topics: held, partitions: held, groups: held, ...part.held },
  segments: { local: { segments: 1, bytes: 700 }, tiered: { segments: 0, bytes: 0 } },
  damagedSegments: 0,
  readBytes: { cache: 0, local: 0, tiered: 0 },
  cacheHitRate: null,
})
