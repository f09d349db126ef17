// Appends numbered records until it is killed and prints what was acknowledged: partition, offset, number. The other half
// of segment-log.system.test.ts.
import { writeSync } from 'node:fs'
import { systemClock, tenantIds } from '@koine/base'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { LmdbTables } from '../tables/lmdb-tables.ts'
import { SegmentLog } from './segment-log.ts'

const [directory, tenantText, partitions, life] = process.argv.slice(2)
const tenant = tenantIds.parse(tenantText)
if (!directory || !tenant) throw new Error('Usage: crash-appender <directory> <tenant> <partitions> <life>')

const tables = new LmdbTables({ directory, clock: systemClock })
const limits = { segmentBytes: 256 * 1024 }
const log = new SegmentLog({ directory, tables, clock: systemClock, limits }).forTenant(tenant)
await log.createTopic({ name: 'events', partitions: Number(partitions) })

let appended = 0
async function appendForEver(partition: number): Promise<void> {
  for (;;) {
    const id = `${life}-${appended++}`
    const value = Buffer.from(`${id}:${'x'.repeat(appended % 3000)}`)
    const batch = encodeRecordBatch({ records: [{ key: null, value, timestampMs: appended }] })
    // A process that is killed loses neither.
    const durability = partition % 2 === 0 ? 'sync' : 'os'
    const result = await log.append({ topic: 'events', partition }, batch, { durability })
    if (!result.ok) throw new Error(result.reason)
    // At once and whole: what is printed was acknowledged, whenever the kill comes.
    writeSync(1, `${partition} ${result.baseOffset} ${id}\n`)
  }
}

await Promise.all(Array.from({ length: 2 * Number(partitions) }, (_, lane) => appendForEver(lane % Number(partitions))))
