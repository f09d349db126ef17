import { Consumer, FetchIsolationLevels } from '@platformatic/kafka'
import type { Seen } from '../log-checker/history.ts'
import { type Cluster, requestTimeoutMs } from './cluster.ts'
import { chance, partitionOf, pause, pick, type Recorder } from './recorder.ts'

const controlBit = 0x20
const transactionalBit = 0x10

type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number]

export interface ReadSome {
  /** Committed ones only. */
  readonly records: readonly Seen[]
  readonly next: number
  /** Of all records, committed or not. */
  readonly endOffset: number
}

/**
 * Reads where it is told to, in no group, over fetch sessions.
 * It leaves out by itself what was aborted: the client forgets that one producer may have aborted twice. And it doesn't
 * authenticate: the client takes the whole program down when a server dies between SASL's two steps.
 */
export class PositionedReader implements AsyncDisposable {
  readonly #consumer: Consumer

  constructor(cluster: Cluster, name: string) {
    this.#consumer = new Consumer({
      clientId: name,
      groupId: `none-of-${name}`,
      bootstrapBrokers: [cluster.bootstrap],
      requestTimeout: requestTimeoutMs,
      connectTimeout: requestTimeoutMs,
      timeout: requestTimeoutMs,
      retries: 1,
      retryDelay: 200,
      maxWaitTime: 200,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    })
  }

  async read(partition: string, from: number, bytesMax: number): Promise<ReadSome> {
    const at = partitionOf(partition)
    const { topics } = await this.#consumer.metadata({ topics: ['in', 'out'] })
    const topic = topics.get(at.topic)
    if (!topic) throw new Error(`${at.topic} is unknown`)
    const wanted = {
      partition: at.partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(from),
      lastFetchedEpoch: -1,
      partitionMaxBytes: bytesMax,
    }
    const { responses } = await this.#consumer.fetch({
      node: topic.partitions[at.partition]!.leader,
      topics: [{ topicId: topic.id, partitions: [wanted] }],
      minBytes: 1,
      maxBytes: bytesMax,
      maxWaitTime: 200,
    })
    const found = responses.flatMap(({ partitions }) => partitions)[0]
    // A fetch session leaves out a partition of which there is nothing new.
    return found ? committedOf(partition, found, from) : { records: [], next: from, endOffset: -1 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A client whose server is away may well fail to say good-bye.
    await this.#consumer.close(true).catch(() => {})
  }
}

/** As every Kafka consumer does: leaves out markers, and what lies between an aborted transaction's start and its marker. */
function committedOf(
  partition: string,
  { records: batches, abortedTransactions, highWatermark }: FetchedPartition,
  from: number,
): ReadSome {
  const records: Seen[] = []
  const starts = [...(abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const aborted = new Set<bigint>()
  let next = from
  for (const { firstOffset, lastOffsetDelta, attributes, producerId, records: held } of batches ?? []) {
    next = Number(firstOffset) + lastOffsetDelta + 1
    while (starts[0] && starts[0].firstOffset < BigInt(next)) aborted.add(starts.shift()!.producerId)
    if ((attributes & controlBit) !== 0) aborted.delete(producerId)
    else if ((attributes & transactionalBit) === 0 || !aborted.has(producerId)) {
      for (const { offsetDelta, value } of held) {
        const offset = Number(firstOffset) + offsetDelta
        if (offset >= from) records.push({ partition, offset, value: String(value) })
      }
    }
  }
  return { records, next, endOffset: Number(highWatermark) }
}

/** Reads what is committed from the start on, until all is over; now and then it begins again, somewhere it has been. */
export async function readOn(
  cluster: Cluster,
  recorder: Recorder,
  { name, partitions }: { readonly name: string; readonly partitions: readonly string[] },
): Promise<void> {
  await using reader = new PositionedReader(cluster, name)
  const positions = new Map<string, number>()
  while (!recorder.isOver) {
    await pause(100)
    if (chance(0.01)) {
      recorder.note({ kind: 'reassigned', process: name })
      for (const [partition, position] of positions) positions.set(partition, Math.floor(Math.random() * position))
    }
    const partition = pick(partitions)
    try {
      const { records, next } = await reader.read(partition, positions.get(partition) ?? 0, pick([300, 3_000, 100_000]))
      positions.set(partition, next)
      recorder.polled(name, records)
    } catch (thrown) {
      recorder.failed(name, thrown)
    }
  }
}

/** All that is committed in a partition, by a client that nobody has used yet; throws where the end can't be come to. */
export async function readToEnd(cluster: Cluster, partition: string): Promise<Seen[]> {
  await using reader = new PositionedReader(cluster, `final-${partition.replace('/', '-')}`)
  const all: Seen[] = []
  for (let position = 0, idle = 0; ;) {
    const { records, next, endOffset } = await reader.read(partition, position, 1024 * 1024)
    all.push(...records)
    if (next === endOffset) return all
    idle = next === position ? idle + 1 : 0
    if (idle > 100) throw new Error(`${partition} can only be read up to @${next}, it ends at @${endOffset}`)
    position = next
  }
}
