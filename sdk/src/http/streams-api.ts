import type { AnswerOf, BodyOf, QueryOf, TopicRecord } from '@koine/contract'
import type { CallOptions, HttpCalls } from './http-calls.ts'
import { streamed } from './streamed.ts'

export interface TailedRecord {
  /** Where to go on from, in `cursor`. */
  readonly cursor: string
  readonly record: TopicRecord
}

export interface TailRequest {
  readonly topic: string
  /** All of them when not given. */
  readonly partition?: number
  /** `latest` when not given. */
  readonly from?: 'latest' | 'earliest' | 'last'
  /** Of a page or of a record tailed before; comes before `from`. */
  readonly cursor?: string
  readonly signal?: AbortSignal
}

/**
 * The tenant's Kafka cluster over HTTP, with an API key of the scope `admin`: for tools and people. Programs that move
 * many records use a Kafka client.
 */
export class StreamsApi {
  readonly #calls: HttpCalls

  constructor(calls: HttpCalls) {
    this.#calls = calls
  }

  /** What the cluster uses of what it may, and where its records are. */
  usage(options?: CallOptions): Promise<AnswerOf<'getStreamsUsage'>> {
    return this.#calls.call('getStreamsUsage', {}, options)
  }

  readonly topics = {
    list: (options?: CallOptions): Promise<AnswerOf<'listTopics'>> => this.#calls.call('listTopics', {}, options),
    create: (topic: BodyOf<'createTopic'>, options?: CallOptions): Promise<AnswerOf<'createTopic'>> =>
      this.#calls.call('createTopic', { body: topic }, options),
    /** With its settings and how far each partition reaches. */
    get: (topic: string, options?: CallOptions): Promise<AnswerOf<'getTopic'>> =>
      this.#calls.call('getTopic', { params: { topic } }, options),
    /** With all its records, for ever. */
    delete: async (topic: string): Promise<void> => {
      await this.#calls.call('deleteTopic', { params: { topic } })
    },
    /** @param partitions how many it has then */
    addPartitions: (topic: string, partitions: number): Promise<AnswerOf<'addPartitions'>> =>
      this.#calls.call('addPartitions', { params: { topic }, body: { partitions } }),
    /** @param settings null: back to the default */
    changeSettings: (
      topic: string,
      settings: BodyOf<'changeTopicSettings'>['settings'],
    ): Promise<AnswerOf<'changeTopicSettings'>> =>
      this.#calls.call('changeTopicSettings', { params: { topic }, body: { settings } }),
  }

  readonly records = {
    /** A page of committed ones by time, the newest when not told. `nextCursor` goes on behind it. */
    list: (
      topic: string,
      query: QueryOf<'listRecords'> = {},
      options?: CallOptions,
    ): Promise<AnswerOf<'listRecords'>> => this.#calls.call('listRecords', { params: { topic }, query }, options),
    /** Durable once answered, with where each stands. */
    produce: (
      topic: string,
      records: BodyOf<'produceRecords'>['records'],
      options?: CallOptions,
    ): Promise<AnswerOf<'produceRecords'>> =>
      this.#calls.call('produceRecords', { params: { topic }, body: { records } }, options),
  }

  readonly groups = {
    list: (options?: CallOptions): Promise<AnswerOf<'listGroups'>> => this.#calls.call('listGroups', {}, options),
    /** With its members, and how far it is behind in each partition. */
    get: (group: string, options?: CallOptions): Promise<AnswerOf<'getGroup'>> =>
      this.#calls.call('getGroup', { params: { group } }, options),
    /** One without members, with its offsets. */
    delete: async (group: string): Promise<void> => {
      await this.#calls.call('deleteGroup', { params: { group } })
    },
  }

  /**
   * Follows the records of a topic. Ends when the server ends the stream, as at a restart: go on from the last cursor.
   * Aborting the signal ends it without an error.
   */
  async *tail({ topic, signal, ...query }: TailRequest): AsyncGenerator<TailedRecord, void, void> {
    const open = (): Promise<Response> =>
      this.#calls.open('tailRecords', { params: { topic }, query }, { ...(signal && { signal }) })
    for await (const { cursor, data } of streamed(open, signal)) {
      yield { cursor, record: JSON.parse(data) as TopicRecord }
    }
  }
}
