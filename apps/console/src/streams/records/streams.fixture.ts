import type { RecordQuery, StreamRecord, StreamsClient, TailOptions } from '../../api/streams-port.ts'

const bytes = (data: string) => ({ encoding: 'utf8', data, bytes: data.length }) as const

export const recordAt = (partition: number, offset: number, minute: number): StreamRecord => ({
  partition,
  offset,
  timestamp: new Date(Date.UTC(2026, 2, 9, 8, minute)).toISOString(),
  key: null,
  value: bytes(`${partition}:${offset}`),
  headers: [],
})

/** The part of a server that a feed asks, over records in memory. */
export class StreamsFixture {
  readonly records: StreamRecord[][]
  reads = 0
  failing: Error | undefined
  tailing: TailOptions | undefined
  /** The server answers no more than this at once, whatever is asked for. */
  pageMax = 1_000

  constructor(records: StreamRecord[][]) {
    this.records = records
  }

  get client(): StreamsClient {
    const part: Partial<StreamsClient> = {
      topic: async (name) => ({
        name,
        id: 'a',
        partitions: this.records.length,
        createdAt: '',
        settings: [],
        bounds: this.records.map((records, partition) => ({
          partition,
          startOffset: records[0]?.offset ?? 0,
          endOffset: (records.at(-1)?.offset ?? -1) + 1,
          bytes: 0,
        })),
      }),
      records: async (_, query) => this.#read(query),
      tail: (options) => {
        this.tailing = options
        options.onStatus('live')
        return new Promise((resolve) => options.signal.addEventListener('abort', () => resolve()))
      },
    }
    return part as StreamsClient
  }

  async #read({ partition, from, at, limit = 50 }: RecordQuery) {
    this.reads++
    if (this.failing) throw this.failing
    if (from === 'latest') return { data: [], nextCursor: 'the end' }
    const all = this.records[partition!]!
    const data = all.filter(({ offset, timestamp }) => (at === undefined ? offset >= Number(from) : timestamp >= at))
    return { data: data.slice(0, Math.min(limit, this.pageMax)), nextCursor: 'on' }
  }
}
