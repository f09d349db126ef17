import { Type } from 'typebox'
import { operation } from '../operation.ts'
import { Limit, Time } from '../schemas/fields.ts'
import {
  Demo,
  GroupDetail,
  GroupPage,
  Health,
  MorePartitions,
  NewRecords,
  NewTopic,
  ProducedRecords,
  TopicDetail,
  TopicPage,
  TopicRecordPage,
  TopicSettings,
} from '../schemas/stream.ts'

const ofStreams = { tag: 'Events', auth: ['api-key'] } as const
const ofTopics = { tag: 'Topics', auth: ['api-key'] } as const
const ofGroups = { tag: 'Consumer groups', auth: ['api-key'] } as const
const topicParams = Type.Object({ topic: Type.String({ minLength: 1, maxLength: 249, examples: ['orders'] }) })
const groupParams = Type.Object({ group: Type.String({ minLength: 1, maxLength: 512, examples: ['billing'] }) })
const partition = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 999_999, description: 'All of them unless given.' }),
)
const RecordCursor = Type.String({
  minLength: 1,
  maxLength: 32_768,
  description: 'The `nextCursor` of a page, or the `id` of an event of the tail.',
})
const described = { 200: { description: 'The topic as it is then.', schema: TopicDetail } } as const
const ofServer = { tag: 'Server', auth: [] } as const

export const streamOperations = {
  listTopics: operation({
    ...ofTopics,
    method: 'GET',
    path: '/v1/topics',
    summary: "List the topics of the tenant's virtual Kafka cluster",
    responses: { 200: { description: 'All of them, by name.', schema: TopicPage } },
    errors: [],
  }),
  createTopic: operation({
    ...ofTopics,
    method: 'POST',
    path: '/v1/topics',
    summary: 'Create a topic',
    body: NewTopic,
    idempotent: true,
    responses: { 201: { description: 'The topic.', schema: TopicDetail } },
    errors: ['already_exists'],
  }),
  getTopic: operation({
    ...ofTopics,
    method: 'GET',
    path: '/v1/topics/{topic}',
    summary: 'Read a topic: its settings, and how far each partition reaches',
    params: topicParams,
    responses: described,
    errors: ['not_found'],
  }),
  deleteTopic: operation({
    ...ofTopics,
    method: 'DELETE',
    path: '/v1/topics/{topic}',
    summary: 'Delete a topic with all its records',
    params: topicParams,
    responses: { 204: { description: 'It is gone.' } },
    errors: ['not_found'],
  }),
  addPartitions: operation({
    ...ofTopics,
    method: 'POST',
    path: '/v1/topics/{topic}/partitions',
    summary: 'Give a topic more partitions',
    description: 'Records with a key go to other partitions from then on.',
    params: topicParams,
    body: MorePartitions,
    responses: described,
    errors: ['not_found'],
  }),
  changeTopicSettings: operation({
    ...ofTopics,
    method: 'POST',
    path: '/v1/topics/{topic}/settings',
    summary: 'Change settings of a topic',
    params: topicParams,
    body: TopicSettings,
    responses: described,
    errors: ['not_found'],
  }),
  listRecords: operation({
    ...ofTopics,
    method: 'GET',
    path: '/v1/topics/{topic}/records',
    summary: 'Read records of a topic',
    description:
      'For people to look at: what is committed, by time over all partitions and by offset within one. Programs read ' +
      'faster over Kafka.',
    params: topicParams,
    query: Type.Object(
      {
        partition,
        from: Type.Optional(
          Type.String({
            pattern: '^(earliest|latest|last|[0-9]{1,15})$',
            default: 'last',
            description: '`earliest`, `latest` (behind the newest), `last` (the newest `limit`), or an offset.',
          }),
        ),
        at: Type.Optional(Time),
        cursor: Type.Optional(RecordCursor),
        limit: Type.Optional(Limit),
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page, and where to go on, always.', schema: TopicRecordPage } },
    errors: ['not_found'],
  }),
  produceRecords: operation({
    ...ofTopics,
    method: 'POST',
    path: '/v1/topics/{topic}/records',
    summary: 'Write records to a topic',
    description:
      'Durable once answered. Texts are written as UTF-8. Without a partition the key chooses it, as Kafka clients do.',
    params: topicParams,
    body: NewRecords,
    idempotent: true,
    responses: { 201: { description: 'Where each stands.', schema: ProducedRecords } },
    errors: ['not_found'],
  }),
  tailRecords: operation({
    ...ofTopics,
    method: 'GET',
    path: '/v1/topics/{topic}/tail',
    summary: 'Follow the records of a topic',
    description:
      'Server-sent events: each has a record as `data` and, as `id`, a cursor to go on from (in `cursor`, or in ' +
      '`Last-Event-ID`, which comes first). Comments keep an idle stream alive.',
    params: topicParams,
    query: Type.Object(
      {
        partition,
        from: Type.Optional(
          Type.String({ pattern: '^(earliest|latest|last)$', default: 'latest', description: 'Where to begin.' }),
        ),
        cursor: Type.Optional(RecordCursor),
      },
      { additionalProperties: false },
    ),
    headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ minLength: 1, maxLength: 32_768 })) }),
    responses: {
      200: { description: 'A stream without an end.', contentType: 'text/event-stream', schema: Type.String() },
    },
    errors: ['not_found'],
  }),
  listGroups: operation({
    ...ofGroups,
    method: 'GET',
    path: '/v1/groups',
    summary: 'List the consumer groups',
    responses: { 200: { description: 'All of them, by name.', schema: GroupPage } },
    errors: [],
  }),
  getGroup: operation({
    ...ofGroups,
    method: 'GET',
    path: '/v1/groups/{group}',
    summary: 'Read a consumer group: its members, and how far it is behind',
    params: groupParams,
    responses: { 200: { description: 'The group.', schema: GroupDetail } },
    errors: ['not_found'],
  }),
  deleteGroup: operation({
    ...ofGroups,
    method: 'DELETE',
    path: '/v1/groups/{group}',
    summary: 'Delete a consumer group without members, with its offsets',
    params: groupParams,
    responses: { 204: { description: 'It is gone.' } },
    errors: ['not_found', 'conflict'],
  }),
  streamEvents: operation({
    ...ofStreams,
    method: 'GET',
    path: '/v1/events',
    summary: 'Follow the events of a platform topic',
    description:
      'Server-sent events: each has the CloudEvent as `data` and, as `id`, a cursor to go on from (in `from`, or in ' +
      '`Last-Event-ID`, which comes first). Comments keep an idle stream alive. At least once: deduplicate on the ' +
      "CloudEvent's `id`. A stream that fails once begun ends with an event named `error` whose data is a problem.",
    query: Type.Object(
      {
        topic: Type.String({ minLength: 1, maxLength: 249, examples: ['koine.messages'] }),
        from: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 4096,
            default: 'latest',
            description: '`latest`, `earliest`, or the `id` of the last event seen.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })) }),
    responses: {
      200: { description: 'A stream without an end.', contentType: 'text/event-stream', schema: Type.String() },
    },
    errors: ['not_found'],
  }),
} as const

export const serverOperations = {
  getDemo: operation({
    ...ofServer,
    method: 'GET',
    path: '/v1/demo',
    summary: 'Credentials to try a development server with',
    description: 'Only in development mode and only under a loopback name such as `localhost`; otherwise 404.',
    responses: { 200: { description: 'A tenant, a key, and people who can talk.', schema: Demo } },
    errors: ['not_found'],
  }),
  getHealth: operation({
    ...ofServer,
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process is up',
    responses: { 200: { description: 'It is.', schema: Health } },
    errors: [],
  }),
  getReadiness: operation({
    ...ofServer,
    method: 'GET',
    path: '/readyz',
    summary: 'Whether it takes traffic: started, not draining, stores answer',
    responses: {
      200: { description: 'It does.', schema: Health },
      503: { description: 'It does not, or not yet.', schema: Health, contentType: 'application/json' },
    },
    errors: [],
  }),
  getMetrics: operation({
    ...ofServer,
    method: 'GET',
    path: '/metrics',
    summary: "Metrics in Prometheus' text format",
    description: 'Those of single tenants and their consumer groups only with the admin token, as a bearer.',
    responses: { 200: { description: 'The metrics.', contentType: 'text/plain', schema: Type.String() } },
    errors: [],
  }),
} as const
