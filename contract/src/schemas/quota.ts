import { type Static, Type } from 'typebox'

const value = (description: string, integer = false) =>
  Type.Union([integer ? Type.Integer({ minimum: 0 }) : Type.Number({ minimum: 0 }), Type.Literal('unlimited')], {
    description,
  })

const kinds = {
  produceBytesPerSecond: value('Bytes of requests that append.'),
  fetchBytesPerSecond: value('Bytes of records that are read.'),
  requestsPerSecond: value('Kafka requests.'),
  requestPercentage: value("Time of a node's thread that Kafka requests take; 100 is the whole of one core."),
  connections: value('Kafka connections at once.', true),
  connectionsPerSecond: value('Kafka connections that are opened.'),
  topics: value('Topics.', true),
  partitions: value('Partitions, over all topics.', true),
  partitionMutationsPerSecond: value("Partitions that are made or deleted; eleven seconds' worth can be saved up."),
  groups: value('Consumer groups.', true),
}
type Kinds = typeof kinds

const given = Object.fromEntries(Object.entries(kinds).map(([kind, schema]) => [kind, Type.Optional(schema)])) as {
  [kind in keyof Kinds]: ReturnType<typeof Type.Optional<Kinds[kind]>>
}
const changed = Object.fromEntries(
  Object.entries(kinds).map(([kind, schema]) => [kind, Type.Optional(Type.Union([schema, Type.Null()]))]),
) as {
  [kind in keyof Kinds]: ReturnType<
    typeof Type.Optional<ReturnType<typeof Type.Union<[Kinds[kind], ReturnType<typeof Type.Null>]>>>
  >
}

const exampleOwn = { produceBytesPerSecond: 10_000_000, fetchBytesPerSecond: 30_000_000 }
const exampleQuotas = {
  ...exampleOwn,
  requestsPerSecond: 100_000,
  requestPercentage: 'unlimited',
  connections: 12_000,
  connectionsPerSecond: 1_000,
  topics: 5_000,
  partitions: 20_000,
  partitionMutationsPerSecond: 2_000,
  groups: 10_000,
} as const

export const OwnQuotas = Type.Object(given, {
  title: 'OwnQuotas',
  additionalProperties: false,
  description: 'What the operator has given the tenant; the other kinds follow the settings of the server.',
  examples: [exampleOwn],
})
export type OwnQuotas = Static<typeof OwnQuotas>

export const QuotaChanges = Type.Object(changed, {
  title: 'QuotaChanges',
  additionalProperties: false,
  description: 'null: back to what the server gives. Kinds that are not named stay as they are.',
  examples: [{ ...exampleOwn, requestsPerSecond: null }],
})
export type QuotaChanges = Static<typeof QuotaChanges>

export const TenantQuotas = Type.Object(
  {
    quotas: Type.Object(kinds, { description: 'What holds. Rates are averages over about ten seconds.' }),
    own: OwnQuotas,
  },
  { title: 'TenantQuotas', examples: [{ quotas: exampleQuotas, own: exampleOwn }] },
)
export type TenantQuotas = Static<typeof TenantQuotas>
