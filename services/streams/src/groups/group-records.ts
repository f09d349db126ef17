import type { Logger } from '@koine/base'
import type { Attributes, RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'

export type GroupType = 'classic' | 'consumer'

/** What is kept of a group beyond its members, who join anew after a restart. */
export interface GroupRecord {
  readonly groupId: string
  readonly type: GroupType
  readonly protocolType: string
  /** The generation, or the group epoch, that it ended with. */
  readonly epoch: number
  /** Wall time, in milliseconds; undefined while it has members. */
  readonly emptySinceMs: number | undefined
}

/** One record a group that has had members: `v` is the layout's version. */
const table = 'streams.groups'
const partitionKey = 'groups'
const layout = 1
const pageRecords = 1_000

const keyOf = (groupId: string): RecordKey => ({ table, pk: partitionKey, sk: groupId })

/**
 * Records of groups in the tenant's tables: of which kind a group without members is, and since when it has none. They
 * follow what happens in memory, one write after another; one that fails costs no more than that knowledge.
 */
export class GroupRecords {
  readonly #logger: Logger
  readonly #writes = new Map<string, Promise<void>>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  async find(scope: TenantScope, groupId: string): Promise<GroupRecord | undefined> {
    await this.#writes.get(scope.tenantId)
    const record = await scope.tables.get(keyOf(groupId))
    return record && decoded(record)
  }

  async all(scope: TenantScope): Promise<Map<string, GroupRecord>> {
    await this.#writes.get(scope.tenantId)
    const found = new Map<string, GroupRecord>()
    let cursor: string | undefined
    do {
      const query = { table, pk: partitionKey, limit: pageRecords, ...(cursor !== undefined && { cursor }) }
      const page = await scope.tables.query(query)
      for (const record of page.records) found.set(record.key.sk, decoded(record))
      cursor = page.cursor
    } while (cursor !== undefined)
    return found
  }

  note(scope: TenantScope, { groupId, type, protocolType, epoch, emptySinceMs }: GroupRecord): void {
    const attributes: Attributes = { v: layout, type, protocolType, epoch, emptySinceMs: emptySinceMs ?? null }
    void this.#queue(scope, async () => {
      await scope.tables.write({ operations: [{ put: keyOf(groupId), attributes }] })
    })
  }

  /** Done, or given up, when it resolves. */
  remove(scope: TenantScope, groupId: string): Promise<void> {
    return this.#queue(scope, async () => {
      await scope.tables.write({ operations: [{ delete: keyOf(groupId) }] })
    })
  }

  #queue({ tenantId }: TenantScope, write: () => Promise<void>): Promise<void> {
    const before = this.#writes.get(tenantId) ?? Promise.resolve()
    const done = before.then(write).catch((error: unknown) => {
      this.#logger.warn({ tenant: tenantId, err: error }, 'the record of a group could not be written')
    })
    this.#writes.set(tenantId, done)
    void done.then(() => this.#writes.get(tenantId) === done && this.#writes.delete(tenantId))
    return done
  }
}

function decoded({ key, attributes }: TableRecord): GroupRecord {
  const { type, protocolType, epoch, emptySinceMs } = attributes
  return {
    groupId: key.sk,
    type: type === 'consumer' ? 'consumer' : 'classic',
    protocolType: typeof protocolType === 'string' ? protocolType : '',
    epoch: Number(epoch),
    emptySinceMs: typeof emptySinceMs === 'number' ? emptySinceMs : undefined,
  }
}
