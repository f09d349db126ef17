import { type Operation, type RecordKey, tableLimits, type TenantTables } from '@koine/stores-ports'
import { queryAll } from './query-all.ts'
import { unreclaimed } from './unreclaimed.ts'

/** What is known of a partition beside its segments. Both only grow. */
export interface PartitionMark {
  /** What lies before is given up. */
  readonly startOffset: number
  /** Before this, offsets may be missing that were compacted away. */
  readonly compactedTo: number
}

const marksTable = 'log.partitions'
const marksKey = { table: marksTable, pk: 'partitions' } as const
const keyOf = (partition: number): RecordKey => ({ ...marksKey, sk: String(partition) })
const noMark: PartitionMark = { startOffset: 0, compactedTo: 0 }

/**
 * Where a tenant's partitions start and how far they were compacted, in its tables, by partition number. A mark is durable
 * before anything that it stands for leaves the disk; without a record both are 0. Marks that are raised while the tables
 * are busy share the next write.
 */
export class PartitionMarks {
  readonly #tables: TenantTables
  readonly #marks: Map<number, PartitionMark>
  #waiting = new Map<number, PartitionMark>()
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  /** Drops the marks of partitions that are no more. */
  static async load(tables: TenantTables, isLive: (partition: number) => boolean): Promise<PartitionMarks> {
    const marks = new Map<number, PartitionMark>()
    const dead: number[] = []
    for await (const { key, attributes } of queryAll(tables, marksKey)) {
      const { startOffset, compactedTo } = attributes as { startOffset: number; compactedTo: number }
      if (isLive(Number(key.sk))) marks.set(Number(key.sk), { startOffset, compactedTo })
      else dead.push(Number(key.sk))
    }
    const loaded = new PartitionMarks(tables, marks)
    await loaded.forget(dead)
    return loaded
  }

  private constructor(tables: TenantTables, marks: Map<number, PartitionMark>) {
    this.#tables = tables
    this.#marks = marks
  }

  startOffset(partition: number): number {
    return this.#of(partition).startOffset
  }

  /** Before this, offsets may be missing, for either reason. */
  gapsBefore(partition: number): number {
    const { startOffset, compactedTo } = this.#of(partition)
    return Math.max(startOffset, compactedTo)
  }

  /** The partitions that start behind 0. */
  *started(): Iterable<number> {
    for (const [partition, { startOffset }] of this.#marks) if (startOffset > 0) yield partition
  }

  /** Resolves when the marks are at least this far, durably; with them it is noted that there is space to give back. */
  async raise(partition: number, to: Partial<PartitionMark>): Promise<void> {
    if (!isBehind(this.#of(partition), to)) return
    this.#waiting.set(partition, raised(this.#waiting.get(partition) ?? noMark, to))
    this.#next ??= this.#writeNext()
    await this.#next
  }

  async forget(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.#marks.delete(partition)
    await writeAll(
      this.#tables,
      partitions.map((partition) => ({ delete: keyOf(partition) })),
    )
  }

  #of(partition: number): PartitionMark {
    return this.#marks.get(partition) ?? noMark
  }

  /** Once the write before is done, all that waits by then. */
  #writeNext(): Promise<void> {
    const next = this.#writing.then(async () => {
      // By now the marks are those of the write before.
      const marks = [...this.#waiting].map(
        ([partition, mark]) => [partition, raised(this.#of(partition), mark)] as const,
      )
      this.#waiting = new Map()
      this.#next = undefined
      const puts = marks.map(([partition, mark]) => ({ put: keyOf(partition), attributes: { ...mark } }))
      await writeAll(this.#tables, puts, unreclaimed.note)
      for (const [partition, mark] of marks) this.#marks.set(partition, mark)
    })
    this.#writing = next.catch(() => {}) // Those who wait for it hear of it.
    return next
  }
}

/** Removes the marks of all partitions. */
export async function dropMarks(tables: TenantTables): Promise<void> {
  const keys: RecordKey[] = []
  for await (const { key } of queryAll(tables, marksKey)) keys.push(key)
  await writeAll(
    tables,
    keys.map((key) => ({ delete: key })),
  )
}

function isBehind(mark: PartitionMark, { startOffset = 0, compactedTo = 0 }: Partial<PartitionMark>): boolean {
  return startOffset > mark.startOffset || compactedTo > mark.compactedTo
}

function raised(mark: PartitionMark, { startOffset = 0, compactedTo = 0 }: Partial<PartitionMark>): PartitionMark {
  return {
    startOffset: Math.max(mark.startOffset, startOffset),
    compactedTo: Math.max(mark.compactedTo, compactedTo),
  }
}

/** In as many batches as it takes, each with one more operation. */
async function writeAll(tables: TenantTables, operations: readonly Operation[], also?: Operation): Promise<void> {
  const batch = tableLimits.batchOperations - 1
  for (let at = 0; at < operations.length; at += batch) {
    await tables.write({ operations: [...operations.slice(at, at + batch), ...(also ? [also] : [])] })
  }
}
