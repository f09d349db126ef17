import type { StreamRecord } from '../../api/streams-port.ts'
import type { PartitionReader } from './partition-reader.ts'

/** Several partitions as one list by time, taken in pages in either direction. */
export class MergedReader {
  readonly #partitions: readonly PartitionReader[]

  constructor(partitions: readonly PartitionReader[]) {
    this.#partitions = partitions
  }

  get hasOlder(): boolean {
    return this.#partitions.some(({ hasOlder }) => hasOlder)
  }

  get hasNewer(): boolean {
    return this.#partitions.some(({ hasNewer }) => hasNewer)
  }

  /** The records before those taken so far, ascending. Fewer than asked for only at the start, or where gaps are vast. */
  async older(count: number): Promise<readonly StreamRecord[]> {
    const taken: StreamRecord[] = []
    while (taken.length < count) {
      await Promise.all(this.#partitions.map((partition) => partition.fillOlder()))
      const newest = best(
        this.#partitions,
        (it) => it.nextOlder,
        (a, b) => isBefore(b, a),
      )
      const record = newest?.takeOlder()
      if (!record) break
      taken.push(record)
    }
    return taken.toReversed()
  }

  /** The records after those taken so far, ascending, as far as there are any by now. */
  async newer(count: number): Promise<readonly StreamRecord[]> {
    for (const partition of this.#partitions) partition.lookAgain()
    const taken: StreamRecord[] = []
    while (taken.length < count) {
      await Promise.all(this.#partitions.filter(({ hasNewer }) => hasNewer).map((partition) => partition.fillNewer()))
      const oldest = best(this.#partitions, (it) => it.nextNewer, isBefore)
      const record = oldest?.takeNewer()
      if (!record) break
      taken.push(record)
    }
    return taken
  }
}

/** The partition whose next record comes first. */
function best(
  partitions: readonly PartitionReader[],
  next: (partition: PartitionReader) => StreamRecord | undefined,
  comesFirst: (a: StreamRecord, b: StreamRecord) => boolean,
): PartitionReader | undefined {
  let found: PartitionReader | undefined
  let record: StreamRecord | undefined
  for (const partition of partitions) {
    const candidate = next(partition)
    if (candidate && (!record || comesFirst(candidate, record))) [found, record] = [partition, candidate]
  }
  return found
}

const isBefore = (a: StreamRecord, b: StreamRecord): boolean => {
  const [atA, atB] = [Date.parse(a.timestamp), Date.parse(b.timestamp)]
  return atA === atB ? a.partition < b.partition || (a.partition === b.partition && a.offset < b.offset) : atA < atB
}
