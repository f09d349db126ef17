import { KoineError } from '@koine/base'
import type {
  Group,
  GroupDetail as ContractGroupDetail,
  Topic,
  TopicDetail as ContractTopicDetail,
} from '@koine/contract'
import type { GroupDetail, GroupSummary, TopicDetail, TopicPosition } from '@koine/services-streams'
import type { EventStreams } from '../event-streams.ts'
import type { HttpGatewayOptions } from '../options.ts'
import { route, type Routing, streamRoute } from '../routing.ts'
import { asContractRecord } from '../topic-records.ts'

const recordsPerPage = 50

type Parts = Pick<HttpGatewayOptions, 'events' | 'streams'>

export function streamRoutes(routing: Routing, { events, streams }: Parts, eventStreams: EventStreams): void {
  streamRoute(routing, 'streamEvents', (call) =>
    eventStreams.serve(call, (lastEventId, signal) =>
      events.read(call.scope, { topic: call.query.topic, from: lastEventId ?? call.query.from ?? 'latest' }, signal),
    ),
  )
  topicRoutes(routing, streams)
  recordRoutes(routing, streams, eventStreams)
  groupRoutes(routing, streams)
}

function topicRoutes(routing: Routing, streams: Parts['streams']): void {
  route(routing, 'listTopics', async ({ scope }) => ({ data: (await streams.topics(scope)).map(asContractTopic) }))
  route(routing, 'createTopic', async ({ scope, body }) => asTopicDetail(await streams.createTopic(scope, body)))
  route(routing, 'getTopic', async ({ scope, params }) => asTopicDetail(await streams.topic(scope, params.topic)))
  route(routing, 'deleteTopic', async ({ scope, params }) => {
    await streams.deleteTopic(scope, params.topic)
    return undefined
  })
  route(routing, 'addPartitions', async ({ scope, params, body }) =>
    asTopicDetail(await streams.addPartitions(scope, params.topic, body.partitions)),
  )
  route(routing, 'changeTopicSettings', async ({ scope, params, body }) =>
    asTopicDetail(await streams.changeSettings(scope, params.topic, body.settings)),
  )
}

function recordRoutes(routing: Routing, streams: Parts['streams'], eventStreams: EventStreams): void {
  route(routing, 'listRecords', async ({ scope, params: { topic }, query }) => {
    const { partition, limit = recordsPerPage } = query
    const { records, cursor } = await streams.reader.page(
      scope,
      { topic, partition, from: positionOf(query) },
      { limit },
    )
    return { data: records.map(asContractRecord), nextCursor: cursor }
  })
  route(routing, 'produceRecords', async ({ scope, params, body }) => {
    const records = body.records.map(({ partition, key = null, value, headers = [] }) => ({
      partition,
      key: bytesOf(key),
      value: bytesOf(value),
      headers: headers.map((header) => ({ name: header.name, value: bytesOf(header.value) })),
    }))
    return { data: [...(await streams.produce(scope, params.topic, records))] }
  })
  streamRoute(routing, 'tailRecords', (call) =>
    eventStreams.serve(call, async function* (lastEventId, signal) {
      const { partition, cursor: givenCursor, from = 'latest' } = call.query
      const behind = lastEventId ?? givenCursor
      const position = behind === undefined ? (from as 'earliest' | 'latest' | 'last') : { cursor: behind }
      const tail = streams.reader.tail(call.scope, { topic: call.params.topic, partition, from: position }, signal)
      for await (const { cursor, record } of tail) yield { cursor, body: JSON.stringify(asContractRecord(record)) }
    }),
  )
}

function groupRoutes(routing: Routing, streams: Parts['streams']): void {
  route(routing, 'listGroups', async ({ scope }) => ({ data: (await streams.groups(scope)).map(asGroup) }))
  route(routing, 'getGroup', async ({ scope, params }) => asGroupDetail(await streams.group(scope, params.group)))
  route(routing, 'deleteGroup', async ({ scope, params }) => {
    await streams.deleteGroup(scope, params.group)
    return undefined
  })
}

function positionOf({ from = 'last', at, cursor }: { from?: string; at?: string; cursor?: string }): TopicPosition {
  if (cursor !== undefined) return { cursor }
  if (at !== undefined) {
    const timestampMs = Date.parse(at)
    if (!Number.isFinite(timestampMs)) throw new KoineError('invalid_request', '`at` is an ISO 8601 time.')
    return { timestampMs }
  }
  return /^\d/.test(from) ? Number(from) : (from as 'earliest' | 'latest' | 'last')
}

const bytesOf = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text))

const asContractTopic = ({ name, id, partitions, createdAtMs }: TopicDetail['topic']): Topic => ({
  name,
  id,
  partitions,
  createdAt: new Date(createdAtMs).toISOString(),
})

const asTopicDetail = ({ topic, settings, partitions }: TopicDetail): ContractTopicDetail => ({
  ...asContractTopic(topic),
  settings: settings.map(({ name, value, isSet }) => ({ name, value, isSet })),
  bounds: partitions.map(({ partition, startOffset, endOffset, bytes }) => ({
    partition,
    startOffset,
    endOffset,
    bytes,
  })),
})

const asGroup = ({ groupId, state, type, members }: GroupSummary): Group => ({
  id: groupId,
  state,
  protocol: type,
  members,
})

const asGroupDetail = ({ groupId, state, type, members, partitions, lag }: GroupDetail): ContractGroupDetail => ({
  id: groupId,
  state,
  protocol: type,
  members: members.map(({ memberId, clientId, clientHost, instanceId, assigned }) => ({
    memberId,
    clientId,
    clientHost,
    ...(instanceId !== null && { instanceId }),
    assigned: assigned.map((each) => ({ topic: each.topic, partitions: [...each.partitions] })),
  })),
  offsets: partitions.map((each) => ({
    topic: each.topic,
    partition: each.partition,
    committed: each.committedOffset ?? null,
    end: each.endOffset,
    lag: each.lag ?? null,
    memberId: each.member?.memberId ?? null,
  })),
  lag,
})
