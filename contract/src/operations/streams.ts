import { Type } from 'typebox'
import { operation } from '../operation.ts'
import { Demo, Health, TopicPage } from '../schemas/stream.ts'

const ofStreams = { tag: 'Events', auth: ['api-key'] } as const
const ofServer = { tag: 'Server', auth: [] } as const

export const streamOperations = {
  listTopics: operation({
    ...ofStreams,
    method: 'GET',
    path: '/v1/topics',
    summary: "List the topics of the tenant's virtual Kafka cluster",
    responses: { 200: { description: 'All of them, by name.', schema: TopicPage } },
    errors: [],
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
    responses: { 200: { description: 'The metrics.', contentType: 'text/plain', schema: Type.String() } },
    errors: [],
  }),
} as const
