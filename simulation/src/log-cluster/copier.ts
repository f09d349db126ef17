import type { Admin, Producer, Transaction } from 'kafkajs'
import { copyOf } from '../log-checker/checks/copies.ts'
import type { Seen } from '../log-checker/history.ts'
import type { Cluster } from './cluster.ts'
import { PositionedReader } from './positioned-reader.ts'
import { letGo, openProducer, transact } from './producers.ts'
import { chance, partitionOf, pause, type Recorder } from './recorder.ts'

const groupId = 'copiers'
/** Empty reads in a row after which a copier that is to end does so. */
const idleReadsMax = 5

export interface CopierOptions {
  readonly name: string
  readonly from: string
  readonly to: string
}

/**
 * Copies a partition into another, exactly once: reads from the group's committed offset, and commits the copies and the
 * new offset in one transaction. Several copiers of one partition share a transactional id and fence each other.
 */
export async function copy(cluster: Cluster, recorder: Recorder, options: CopierOptions): Promise<void> {
  const { name, from } = options
  await using reader = new PositionedReader(cluster, name)
  const admin = cluster.kafka(name).admin()
  let copying: Copying | undefined
  for (let idle = 0; !recorder.isGivenUp && !(recorder.isOver && idle > idleReadsMax);) {
    await pause(150)
    try {
      if (!copying) {
        copying = await begin(cluster, admin, options)
        recorder.note({ kind: 'reassigned', process: name })
      }
      const { records, next } = await reader.read(from, copying.position, 2_000)
      recorder.polled(name, records)
      idle = records.length === 0 ? idle + 1 : 0
      copying.position = next
      if (records.length === 0) continue
      if (await copySome(recorder, options, copying, records)) continue
    } catch (thrown) {
      recorder.failed(name, thrown)
      idle = 0
    }
    await letGo(copying?.producer)
    copying = undefined
    // So that the other one gets something done, too.
    await pause(1_500)
  }
  await letGo(copying?.producer)
  await letGo(admin)
}

interface Copying {
  readonly producer: Producer
  /** Begun, but of nothing yet: the server doesn't know of it. */
  transaction: Transaction
  position: number
}

/** The producer's new epoch ends whatever another copier has open; only then the committed offset can be relied upon. */
async function begin(cluster: Cluster, admin: Admin, { name, from }: CopierOptions): Promise<Copying> {
  const producer = await openProducer(cluster, name, `copier-of-${from}`)
  try {
    const transaction = await producer.transaction()
    await admin.connect()
    const { topic, partition } = partitionOf(from)
    const [fetched] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const committed = Number(fetched!.partitions.find((held) => held.partition === partition)?.offset ?? -1)
    return { producer, transaction, position: Math.max(committed, 0) }
  } catch (thrown) {
    await letGo(producer)
    throw thrown
  }
}

/** False or an error: the copier has to begin again from what is committed. */
async function copySome(
  recorder: Recorder,
  { name, from, to }: CopierOptions,
  copying: Copying,
  reads: readonly Seen[],
): Promise<boolean> {
  const { producer, transaction, position } = copying
  const { topic, partition } = partitionOf(from)
  const values = reads.map(({ value }) => ({ partition: to, value: copyOf(value) }))
  const { outcome, sends, thrown } = await transact(transaction, values, {
    commit: !chance(0.1),
    further: () =>
      transaction.sendOffsets({
        consumerGroupId: groupId,
        topics: [{ topic, partitions: [{ partition, offset: String(position) }] }],
      }),
  })
  // The other one tries the same copies again under the same values: what this one failed at says nothing about those.
  recorder.note({ kind: 'work', process: name, outcome: outcome === 'ok' ? 'ok' : 'unknown', sends, reads })
  if (thrown !== undefined) throw thrown
  if (outcome === 'ok') copying.transaction = await producer.transaction()
  return outcome === 'ok'
}
