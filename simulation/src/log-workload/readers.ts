import { decodeRecordBatch, readEndMarker } from '@koine/protocols-kafka/record-batch'
import type { FetchedPartition, Streams } from '@koine/services-streams'
import type { TenantScope } from '@koine/stores-ports'
import type { Seen } from '../log-checker/history.ts'
import { type Client, partitionOf } from './client.ts'

interface Position {
  next: number
}

/** Reads what is committed from the start on, until it is told to stop; now and then it begins again. */
export async function readOn(client: Client, partitions: readonly string[], isOver: () => boolean): Promise<void> {
  let positions = new Map(partitions.map((name) => [name, { next: 0 }]))
  while (!isOver()) {
    await client.pause(120)
    if (client.chance(0.02)) {
      client.note({ kind: 'reassigned', process: client.name })
      positions = new Map(partitions.map((name) => [name, { next: 0 }]))
    }
    const name = client.pick(partitions)
    const records = await readSome(client, name, positions.get(name)!)
    if (records) client.polled(records)
  }
}

/** The next committed records of a partition, perhaps none; undefined when there was no answer. */
export async function readSome(client: Client, name: string, position: Position): Promise<readonly Seen[] | undefined> {
  const fetched = await client.ask((streams, scope) => fetchFrom(streams, scope, name, position.next))
  if (!fetched) return undefined
  if (!fetched.ok) {
    if (fetched.reason !== 'failed')
      client.world.trace.violation(`${client.name} can't read ${name}: ${fetched.reason}`)
    return undefined
  }
  const { records, next } = committed(name, fetched, position.next)
  position.next = next
  return records
}

/** All that is committed in the partitions, and whether the readers can come to the end of each. */
export async function readAll(
  streams: Streams,
  scope: TenantScope,
  partitions: readonly string[],
): Promise<{ readonly final: readonly Seen[]; readonly stuck: readonly string[] }> {
  const final: Seen[] = []
  const stuck: string[] = []
  for (const name of partitions) {
    for (let position = 0; ;) {
      const fetched = await fetchFrom(streams, scope, name, position)
      if (!fetched?.ok) throw new Error(`${name} can't be read: ${fetched?.reason}`)
      const { records, next } = committed(name, fetched, position)
      final.push(...records)
      if (next === position) {
        if (next !== fetched.endOffset) stuck.push(`${name} is read up to @${next} of @${fetched.endOffset}`)
        break
      }
      position = next
    }
  }
  return { final, stuck }
}

async function fetchFrom(
  streams: Streams,
  scope: TenantScope,
  name: string,
  offset: number,
): Promise<FetchedPartition | undefined> {
  const [fetched] = await streams.fetch(scope, {
    partitions: [{ ...partitionOf(name), offset, bytesMax: 2_000 }],
    isolation: 'read-committed',
    bytesMin: 1,
    waitMsMax: 0,
    bytesMax: 2_000,
    signal: new AbortController().signal,
  })
  return fetched
}

/** As every Kafka consumer does: leaves out markers, and what lies between an aborted transaction's start and its marker. */
function committed(
  partition: string,
  { batches, abortedTransactions }: FetchedPartition & { readonly ok: true },
  from: number,
): { records: Seen[]; next: number } {
  const records: Seen[] = []
  const aborted = [...abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  let next = from
  for (const batch of batches) {
    const { header, records: found } = decodeRecordBatch(batch)
    next = header.baseOffset + header.lastOffsetDelta + 1
    while (aborted[0] && aborted[0].firstOffset < next) open.add(aborted.shift()!.producerId)
    if (header.isControl) {
      if (readEndMarker(batch)?.commit === false) open.delete(header.producerId)
    } else if (!(header.isTransactional && open.has(header.producerId))) {
      for (const { offset, value } of found) {
        if (offset >= from) records.push({ partition, offset, value: Buffer.from(value ?? []).toString() })
      }
    }
  }
  return { records, next }
}
