import type { Clock } from '@koine/base'
import {
  type CommittedOffset,
  type Operation,
  type Partition,
  partitionKey,
  type RecordKey,
  tableLimits,
  type TenantTables,
} from '@koine/stores-ports'
import { queryAll } from './query-all.ts'

const offsetsTable = 'log.offsets'
const groupsTable = 'log.groups'
const groupKey = (group: string): RecordKey => ({ table: groupsTable, pk: 'groups', sk: group })
const offsetKey = (group: string, at: Partition): RecordKey => ({
  table: offsetsTable,
  pk: group,
  sk: partitionKey(at),
})

/** What consumer groups have committed, in the tenant's tables. */
export class GroupOffsets {
  readonly #tables: TenantTables
  readonly #clock: Pick<Clock, 'now'>
  readonly #topicId: (topic: string) => string | undefined

  /** @param topicId of the topic that has a name now: offsets of another one of that name don't count */
  constructor(tables: TenantTables, clock: Pick<Clock, 'now'>, topicId: (topic: string) => string | undefined) {
    this.#tables = tables
    this.#clock = clock
    this.#topicId = topicId
  }

  async commit(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    // The last of a partition counts, and a batch touches a record once.
    const byPartition = new Map(offsets.map((offset) => [partitionKey(offset), offset]))
    const puts = [...byPartition.values()].map((offset): Operation => {
      const { topic, partition, leaderEpoch = -1, metadata = '', committedAtMs = this.#clock.now() } = offset
      const topicId = this.#topicId(topic) ?? ''
      const attributes = { topic, partition, offset: offset.offset, leaderEpoch, metadata, committedAtMs, topicId }
      return { put: offsetKey(group, offset), attributes }
    })
    await this.#writeAll([{ put: groupKey(group), attributes: {} }, ...puts])
  }

  async committed(group: string): Promise<CommittedOffset[]> {
    const offsets: CommittedOffset[] = []
    for await (const { attributes } of queryAll(this.#tables, { table: offsetsTable, pk: group })) {
      const { topicId, ...offset } = attributes
      if (topicId === this.#topicId(offset['topic'] as string)) offsets.push(offset as unknown as CommittedOffset)
    }
    return offsets
  }

  async groups(): Promise<string[]> {
    const names: string[] = []
    for await (const { key } of queryAll(this.#tables, { table: groupsTable, pk: 'groups' })) names.push(key.sk)
    return names
  }

  async delete(group: string, partitions?: readonly Partition[]): Promise<void> {
    const named = partitions && new Set(partitions.map(partitionKey))
    await this.#forget(group, (sk) => !named || named.has(sk))
  }

  async deleteTopic(topic: string): Promise<void> {
    for (const group of await this.groups()) await this.#forget(group, (sk) => sk.startsWith(`${topic}/`))
  }

  async #forget(group: string, which: (sk: string) => boolean): Promise<void> {
    const listed = await this.#tables.get(groupKey(group))
    const keys: RecordKey[] = []
    let kept = 0
    for await (const { key } of queryAll(this.#tables, { table: offsetsTable, pk: group })) {
      if (which(key.sk)) keys.push(key)
      else kept++
    }
    await this.#writeAll(keys.map((key) => ({ delete: key })))
    if (!listed || kept > 0) return
    // Each commit writes the group's record: one that came meanwhile keeps the group.
    await this.#tables.write({ operations: [{ delete: groupKey(group), if: { version: listed.version } }] })
  }

  /** In as many batches as it takes. */
  async #writeAll(operations: readonly Operation[]): Promise<void> {
    for (let at = 0; at < operations.length; at += tableLimits.batchOperations) {
      await this.#tables.write({ operations: operations.slice(at, at + tableLimits.batchOperations) })
    }
  }
}

/** Removes all that a tenant's groups have committed. */
export async function dropGroups(tables: TenantTables): Promise<void> {
  const offsets = new GroupOffsets(tables, { now: () => 0 }, () => undefined)
  for (const group of await offsets.groups()) await offsets.delete(group)
}
