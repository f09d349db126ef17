import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { seededRandomness, systemClock, tenantIds, wholeNumber } from '@koine/base'
import { temporaryDirectory, until } from '@koine/base/testing'
import { baseOffset, decodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { LmdbTables } from '../tables/lmdb-tables.ts'
import { SegmentLog } from './segment-log.ts'

const randomness = seededRandomness(Date.now() | 0)
const tenant = tenantIds.make({ clock: systemClock, randomness })
const appender = fileURLToPath(new URL('./crash-appender.ts', import.meta.url))
const partitions = 4

/** By partition: the number appended at each offset that was acknowledged. */
type Acknowledged = Map<number, string>[]

/** Runs the appender until it has acknowledged some, kills it, and notes what it had acknowledged until then. */
async function appendAndKill(directory: string, life: number, acknowledged: Acknowledged): Promise<void> {
  const child = spawn(process.execPath, [appender, directory, tenant, String(partitions), String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let heard = 0
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const [partition, offset, id] = line.split(' ')
    acknowledged[Number(partition)]!.set(Number(offset), id!)
    heard++
  })
  const enough = 50 + wholeNumber(randomness, 400)
  await until(`${enough} appends are acknowledged`, () => heard >= enough, 30_000)
  child.kill('SIGKILL')
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
}

async function valuesOf(log: TenantLog, partition: number): Promise<Map<number, string>> {
  const values = new Map<number, string>()
  let next = 0
  for (;;) {
    const read = await log.read({ topic: 'events', partition }, { offset: next, bytesMax: 1024 * 1024 })
    assert.ok(read.ok)
    if (read.batches.length === 0) return values
    for (const batch of read.batches) {
      assert.equal(baseOffset(batch), next, 'Offsets follow one another.')
      for (const { offset, value } of decodeRecordBatch(batch).records) {
        values.set(offset, Buffer.from(value!).toString().split(':')[0]!)
        next = offset + 1
      }
    }
  }
}

test('a process killed twenty times loses nothing that it acknowledged, and keeps its order', async () => {
  await using directory = temporaryDirectory()
  const acknowledged: Acknowledged = Array.from({ length: partitions }, () => new Map())
  for (let life = 0; life < 20; life++) {
    await appendAndKill(directory.path, life, acknowledged)
    await using tables = new LmdbTables({ directory: directory.path, clock: systemClock })
    await using opened = new SegmentLog({ directory: directory.path, tables, clock: systemClock })
    for (const [partition, promised] of acknowledged.entries()) {
      const values = await valuesOf(opened.forTenant(tenant), partition)
      for (const [offset, id] of promised) assert.equal(values.get(offset), id)
      assert.equal(new Set(values.values()).size, values.size, 'Nothing is there twice.')
    }
  }
})
