import { invariant } from '@koine/base'
import type { Progress, RecordKey, TenantTables, Topic } from '@koine/stores-ports'

/**
 * How far the telling of users has come, in the tenant's tables rather than as a consumer group, which tenants would see,
 * and whose offsets expire: table `fan-out-progress`, the topic's id as pk, the partition as sk, `n` the offset.
 */
const table = 'fan-out-progress'
const formatVersion = 1

const keyOf = ({ id }: Topic, partition: number): RecordKey => ({ table, pk: id, sk: String(partition) })

export const fanOutProgress = (tables: TenantTables): Progress => ({
  async of(topic) {
    const { records } = await tables.query({ table, pk: topic.id, limit: 1000 })
    return new Map(
      records.map(({ key, attributes: { v, n } }) => {
        invariant(v === formatVersion, 'how far the telling of users has come has a format of its own')
        return [Number(key.sk), n as number]
      }),
    )
  },
  async save(topic, partition, offset) {
    await tables.write({ operations: [{ put: keyOf(topic, partition), attributes: { v: formatVersion, n: offset } }] })
  },
})
