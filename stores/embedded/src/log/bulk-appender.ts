// Appends megabytes to several tenants for `os`, prints how far each came, and goes on until it is killed. The other half
// of recovery-time.system.test.ts.
import { writeSync } from 'node:fs'
import { systemClock, type TenantId, tenantIds } from '@koine/base'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { LmdbTables } from '../tables/lmdb-tables.ts'
import { SegmentLog } from './segment-log.ts'

const [directory, bytesText, ...tenantTexts] = process.argv.slice(2)
const tenants = tenantTexts.map((text) => tenantIds.parse(text)).filter((tenant) => tenant !== undefined)
if (!directory || tenants.length === 0) throw new Error('Usage: bulk-appender <directory> <bytes a tenant> <tenant>…')

const partitions = 6
const tables = new LmdbTables({ directory, clock: systemClock })
const log = new SegmentLog({ directory, tables, clock: systemClock })
const records = Array.from({ length: 64 }, () => ({ key: null, value: Buffer.alloc(1000, 7), timestampMs: 1 }))
const template = encodeRecordBatch({ records })

async function fill(tenant: TenantId): Promise<void> {
  const events = log.forTenant(tenant)
  await events.createTopic({ name: 'events', partitions })
  let left = Number(bytesText)
  const appendTo = async (partition: number): Promise<void> => {
    while (left > 0) {
      left -= template.length
      await events.append({ topic: 'events', partition }, new Uint8Array(template), { durability: 'os' })
    }
  }
  await Promise.all(Array.from({ length: partitions }, (_, partition) => appendTo(partition)))
  const ends = Array.from({ length: partitions }, (_, partition) => events.bounds({ topic: 'events', partition }))
  writeSync(1, `${tenant} ${(await Promise.all(ends)).map((bounds) => bounds!.endOffset).join(' ')}\n`)
  left = Infinity
  await appendTo(0)
}

await Promise.all(tenants.map(fill))
