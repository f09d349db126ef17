import { type Static, Type } from 'typebox'

const Count = Type.Integer({ minimum: 0 })
const Bytes = Type.Integer({ minimum: 0 })
/** What JSON has no number for. */
const Quota = Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description: 'Null: unlimited.' })

const Rate = Type.Object({
  perSecond: Type.Number({ minimum: 0, description: 'Over the last seconds, on this node.' }),
  quota: Quota,
  throttledMs: Type.Number({
    minimum: 0,
    description: 'For how long clients were made to wait for it in the last minute, all connections together.',
  }),
})
const Held = Type.Object({ used: Count, quota: Quota })
const Tier = Type.Object({ segments: Count, bytes: Bytes })

/** How a tenant's cluster stands to what it may use, and where its records are. */
export const StreamsUsage = Type.Object(
  {
    rates: Type.Object({
      produceBytesPerSecond: Rate,
      fetchBytesPerSecond: Rate,
      requestsPerSecond: Rate,
      requestPercentage: Rate,
      partitionMutationsPerSecond: Rate,
      connectionsPerSecond: Rate,
    }),
    held: Type.Object({ connections: Held, topics: Held, partitions: Held, groups: Held }),
    segments: Type.Object(
      { local: Tier, tiered: Tier },
      { description: 'Whole segments of the log on the local disk and in the blob store; one may be in both.' },
    ),
    damagedSegments: Count,
    readBytes: Type.Object(
      { cache: Bytes, local: Bytes, tiered: Bytes },
      { description: 'Bytes read since the node opened the log, by where they came from.' },
    ),
    cacheHitRate: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description: 'The share of those that came from memory; null: nothing was read.',
    }),
  },
  {
    title: 'StreamsUsage',
    examples: [
      {
        rates: {
          produceBytesPerSecond: { perSecond: 1_250_000, quota: 10_000_000, throttledMs: 0 },
          fetchBytesPerSecond: { perSecond: 3_900_000, quota: 20_000_000, throttledMs: 0 },
          requestsPerSecond: { perSecond: 420, quota: 100_000, throttledMs: 0 },
          requestPercentage: { perSecond: 12, quota: null, throttledMs: 0 },
          partitionMutationsPerSecond: { perSecond: 0, quota: 2_000, throttledMs: 0 },
          connectionsPerSecond: { perSecond: 0.4, quota: 1_000, throttledMs: 0 },
        },
        held: {
          connections: { used: 14, quota: 12_000 },
          topics: { used: 9, quota: 5_000 },
          partitions: { used: 54, quota: 20_000 },
          groups: { used: 3, quota: 10_000 },
        },
        segments: { local: { segments: 5, bytes: 310_000_000 }, tiered: { segments: 40, bytes: 2_600_000_000 } },
        damagedSegments: 0,
        readBytes: { cache: 900_000_000, local: 90_000_000, tiered: 10_000_000 },
        cacheHitRate: 0.9,
      },
    ],
  },
)
export type StreamsUsage = Static<typeof StreamsUsage>
