import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import { temporaryDirectory, until } from '@koine/base/testing'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { LmdbTables } from '../tables/lmdb-tables.ts'
import { SegmentLog } from './segment-log.ts'

const randomness = seededRandomness(Date.now() | 0)
const appender = fileURLToPath(new URL('./bulk-appender.ts', import.meta.url))
const bytesPerTenant = 512 * 1024 * 1024
const recoveredWithinMs = 3_000

/** Appends to all tenants, then kills the process while it appends more. @returns by tenant, how far its partitions came */
async function fillAndKill(directory: string, tenants: readonly TenantId[]): Promise<Map<string, number[]>> {
  const child = spawn(process.execPath, [appender, directory, String(bytesPerTenant), ...tenants], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ends = new Map<string, number[]>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const [tenant, ...offsets] = line.split(' ')
    ends.set(tenant!, offsets.map(Number))
  })
  try {
    await until('all tenants are full', () => ends.size === tenants.length, 240_000)
  } finally {
    child.kill('SIGKILL')
  }
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  return ends
}

test('a node killed with gigabytes on the disk is read and appended to again within seconds', async (t) => {
  await using directory = temporaryDirectory()
  const tenants = Array.from({ length: 4 }, () => tenantIds.make({ clock: systemClock, randomness }))
  const ends = await fillAndKill(directory.path, tenants)

  const startedAt = performance.now()
  await using tables = new LmdbTables({ directory: directory.path, clock: systemClock })
  await using log = new SegmentLog({ directory: directory.path, tables, clock: systemClock })
  const recover = async (tenant: TenantId): Promise<void> => {
    const events = log.forTenant(tenant)
    for (const [partition, end] of ends.get(tenant)!.entries()) {
      const at = { topic: 'events', partition }
      const read = await events.read(at, { offset: end - 1, bytesMax: 1 })
      assert.ok(read.ok && read.batches.length === 1 && read.endOffset >= end)
      const batch = encodeRecordBatch({ records: [{ key: null, value: Buffer.from('again'), timestampMs: 2 }] })
      const appended = await events.append(at, batch)
      assert.ok(appended.ok && appended.baseOffset === read.endOffset)
    }
  }
  await Promise.all(tenants.map(recover))
  const tookMs = performance.now() - startedAt
  t.diagnostic(
    `${(tenants.length * bytesPerTenant) / 2 ** 30} GiB of ${tenants.length} tenants: ${tookMs.toFixed(0)} ms`,
  )
  assert.ok(tookMs < recoveredWithinMs, `It took ${tookMs.toFixed(0)} ms.`)

  for (const tenant of tenants) {
    const first = await log.forTenant(tenant).read({ topic: 'events', partition: 5 }, { offset: 0, bytesMax: 1 })
    assert.ok(first.ok && first.batches.length === 1, 'What is oldest is there too.')
  }
})
