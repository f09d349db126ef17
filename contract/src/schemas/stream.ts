import { type Static, Type } from 'typebox'
import { ApiKeyId, ConversationId, exampleTime, Name, TenantId, Time, UserId } from './fields.ts'
import { pageOf } from './page.ts'

const topicFields = {
  name: Type.String(),
  id: Type.String({ description: "The topic's UUID, 32 hexadecimal digits." }),
  partitions: Type.Integer({ minimum: 1 }),
  createdAt: Time,
}
const exampleTopic = { name: 'orders', id: '0192f3a4b5c67d8e9fa0b1c2d3e4f5a6', partitions: 6, createdAt: exampleTime }
export const Offset = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const PartitionNumber = Type.Integer({ minimum: 0, maximum: 999_999 })

export const Topic = Type.Object(topicFields, { title: 'Topic', examples: [exampleTopic] })
export type Topic = Static<typeof Topic>
export const TopicPage = pageOf(Topic, 'TopicPage')

export const TopicDetail = Type.Object(
  {
    ...topicFields,
    settings: Type.Array(
      Type.Object({
        name: Type.String(),
        value: Type.String(),
        isSet: Type.Boolean({ description: 'False: the topic has the default.' }),
      }),
      { description: "Kafka's topic settings." },
    ),
    bounds: Type.Array(
      Type.Object({
        partition: PartitionNumber,
        startOffset: Offset,
        endOffset: Type.Integer({ minimum: 0, description: 'What the next record gets.' }),
        bytes: Type.Integer({ minimum: 0, description: 'Of the record batches held.' }),
      }),
    ),
  },
  {
    title: 'TopicDetail',
    examples: [
      {
        ...exampleTopic,
        partitions: 1,
        settings: [{ name: 'retention.ms', value: '86400000', isSet: true }],
        bounds: [{ partition: 0, startOffset: 0, endOffset: 1200, bytes: 480_000 }],
      },
    ],
  },
)
export type TopicDetail = Static<typeof TopicDetail>

const SettingName = Type.String({ minLength: 1, maxLength: 200 })
const SettingValue = Type.String({ maxLength: 4096 })

export const NewTopic = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 249 }),
    partitions: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    settings: Type.Optional(Type.Record(SettingName, SettingValue, { maxProperties: 100 })),
  },
  {
    title: 'NewTopic',
    additionalProperties: false,
    examples: [{ name: 'orders', partitions: 6, settings: { 'retention.ms': '86400000' } }],
  },
)
export type NewTopic = Static<typeof NewTopic>

export const MorePartitions = Type.Object(
  { partitions: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How many the topic has then.' }) },
  { title: 'MorePartitions', additionalProperties: false, examples: [{ partitions: 12 }] },
)

export const TopicSettings = Type.Object(
  {
    settings: Type.Record(SettingName, Type.Union([SettingValue, Type.Null()]), {
      maxProperties: 100,
      description: 'What is to change; null: back to the default.',
    }),
  },
  {
    title: 'TopicSettings',
    additionalProperties: false,
    examples: [{ settings: { 'retention.ms': '3600000', 'cleanup.policy': null } }],
  },
)

export const RecordBytes = Type.Object(
  {
    encoding: Type.Enum(['utf8', 'base64'], { type: 'string', description: '`base64` where it is not UTF-8 text.' }),
    data: Type.String({ description: 'Cut off at 256 KiB.' }),
    bytes: Type.Integer({ minimum: 0, description: 'Of the whole.' }),
  },
  { title: 'RecordBytes', examples: [{ encoding: 'utf8', data: '{"total":3}', bytes: 11 }] },
)
export type RecordBytes = Static<typeof RecordBytes>
const NullableBytes = Type.Union([RecordBytes, Type.Null()])

export const TopicRecord = Type.Object(
  {
    partition: PartitionNumber,
    offset: Offset,
    timestamp: Time,
    key: NullableBytes,
    value: NullableBytes,
    headers: Type.Array(Type.Object({ name: Type.String(), value: NullableBytes })),
  },
  {
    title: 'TopicRecord',
    examples: [
      {
        partition: 0,
        offset: 7,
        timestamp: exampleTime,
        key: { encoding: 'utf8', data: 'order-7', bytes: 7 },
        value: { encoding: 'utf8', data: '{"total":3}', bytes: 11 },
        headers: [],
      },
    ],
  },
)
export type TopicRecord = Static<typeof TopicRecord>
export const TopicRecordPage = pageOf(TopicRecord, 'TopicRecordPage')

const Text = Type.String({ maxLength: 1024 * 1024 })
export const NewRecords = Type.Object(
  {
    records: Type.Array(
      Type.Object(
        {
          partition: Type.Optional(PartitionNumber),
          key: Type.Optional(Type.Union([Text, Type.Null()])),
          value: Type.Union([Text, Type.Null()]),
          headers: Type.Optional(
            Type.Array(
              Type.Object({ name: Type.String({ maxLength: 1000 }), value: Type.Union([Text, Type.Null()]) }),
              { maxItems: 100 },
            ),
          ),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 500 },
    ),
  },
  {
    title: 'NewRecords',
    additionalProperties: false,
    examples: [{ records: [{ key: 'order-7', value: '{"total":3}' }] }],
  },
)

export const ProducedRecords = Type.Object(
  { data: Type.Array(Type.Object({ partition: PartitionNumber, offset: Offset })) },
  { title: 'ProducedRecords', examples: [{ data: [{ partition: 0, offset: 7 }] }] },
)

const groupFields = {
  id: Type.String(),
  state: Type.String({ description: "As Kafka's tools name it: `Stable`, `Empty` …" }),
  protocol: Type.Enum(['classic', 'consumer'], { type: 'string' }),
}
const exampleGroup = { id: 'billing', state: 'Stable', protocol: 'classic' as const }

export const Group = Type.Object(
  { ...groupFields, members: Type.Integer({ minimum: 0 }) },
  { title: 'Group', examples: [{ ...exampleGroup, members: 1 }] },
)
export type Group = Static<typeof Group>
export const GroupPage = pageOf(Group, 'GroupPage')

export const GroupDetail = Type.Object(
  {
    ...groupFields,
    members: Type.Array(
      Type.Object({
        memberId: Type.String(),
        clientId: Type.String(),
        clientHost: Type.String(),
        instanceId: Type.Optional(Type.String({ description: 'Of a static member.' })),
        assigned: Type.Array(Type.Object({ topic: Type.String(), partitions: Type.Array(PartitionNumber) })),
      }),
    ),
    offsets: Type.Array(
      Type.Object({
        topic: Type.String(),
        partition: PartitionNumber,
        committed: Type.Union([Offset, Type.Null()]),
        end: Offset,
        lag: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
        memberId: Type.Union([Type.String(), Type.Null()]),
      }),
    ),
    lag: Type.Integer({ minimum: 0, description: 'Records of all partitions that are still to be read.' }),
  },
  {
    title: 'GroupDetail',
    examples: [
      {
        ...exampleGroup,
        members: [
          {
            memberId: 'billing-1-a1b2',
            clientId: 'billing-1',
            clientHost: '/127.0.0.1',
            assigned: [{ topic: 'orders', partitions: [0] }],
          },
        ],
        offsets: [{ topic: 'orders', partition: 0, committed: 1100, end: 1200, lag: 100, memberId: 'billing-1-a1b2' }],
        lag: 100,
      },
    ],
  },
)
export type GroupDetail = Static<typeof GroupDetail>

/** What a visitor of a development server needs to try it: two people who can talk. */
export const Demo = Type.Object(
  {
    tenant: Type.Object({ id: TenantId, name: Name }),
    apiKey: Type.Object({ id: ApiKeyId, secret: Type.String() }),
    users: Type.Array(Type.Object({ id: UserId, name: Name, token: Type.String(), expiresAt: Time })),
    conversationId: ConversationId,
  },
  { title: 'Demo' },
)
export type Demo = Static<typeof Demo>

export const Health = Type.Object(
  {
    status: Type.Enum(['ok', 'starting', 'draining', 'failing'], { type: 'string' }),
    checks: Type.Optional(
      Type.Object(
        {
          disk: Type.String({ description: '`healthy`, `slow`, `failing` or `stuck`; the last two are not ready.' }),
          probe: Type.String({
            description: 'A Kafka client of the server’s own: `ok`, `failing`, `starting` or `off`.',
          }),
          backpressure: Type.String({ description: '`ok` or `overloaded`.' }),
        },
        { description: 'Told by `/readyz`.' },
      ),
    ),
  },
  { title: 'Health', examples: [{ status: 'ok' }] },
)
export type Health = Static<typeof Health>
