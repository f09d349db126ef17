import { KoineApi } from '@koine/sdk'
import { keepFollowing } from './keep-following.ts'
import type { StreamsClient } from './streams-port.ts'

/** The tenant's cluster, over the SDK. */
export function koineStreams(url: string, apiKey: string): StreamsClient {
  const { streams } = new KoineApi({ url, token: apiKey })
  return {
    topics: async () => (await streams.topics.list()).data,
    topic: (name) => streams.topics.get(name),
    createTopic: ({ settings, ...topic }) =>
      streams.topics.create({ ...topic, ...(settings && { settings: { ...settings } }) }),
    deleteTopic: (name) => streams.topics.delete(name),
    addPartitions: (name, partitions) => streams.topics.addPartitions(name, partitions),
    changeSettings: (name, settings) => streams.topics.changeSettings(name, { ...settings }),
    records: (topic, { from, ...query }, signal) =>
      streams.records.list(
        topic,
        { ...query, ...(from !== undefined && { from: String(from) }) },
        { ...(signal && { signal }) },
      ),
    produce: async (topic, { headers, ...record }) => {
      const { data } = await streams.records.produce(topic, [{ ...record, ...(headers && { headers: [...headers] }) }])
      return data[0]!
    },
    tail: ({ topic, partition, cursor, signal, onRecord, onStatus }) =>
      keepFollowing({
        connection: { url, apiKey },
        open: (api, seen, signal) => {
          const behind = seen ?? cursor
          const where = {
            ...(partition !== undefined && { partition }),
            ...(behind !== undefined && { cursor: behind }),
          }
          return api.streams.tail({ topic, ...where, signal })
        },
        signal,
        onEvent: ({ record }) => onRecord(record),
        onStatus,
      }),
    groups: async () => (await streams.groups.list()).data,
    group: (id) => streams.groups.get(id),
    deleteGroup: (id) => streams.groups.delete(id),
    usage: () => streams.usage(),
  }
}
