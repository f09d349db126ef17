import assert from 'node:assert/strict'
import { seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import { decodeRecordBatch, encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { Log, Partition, ReadResult, TenantLog } from '../log.ts'

export interface OpenedLog extends AsyncDisposable {
  readonly log: Log
  /** Closes the log and opens it again over what it stored; undefined where nothing outlives the instance. */
  readonly reopen?: () => Promise<Log>
  /** As long as it is on, whatever reaches the engine's disk or tables fails, before it takes effect. */
  readonly failing?: (on: boolean) => void
}

export interface Given {
  readonly opened: OpenedLog
  readonly tenant: TenantId
  readonly log: TenantLog
}

/** Makes a test of a body that gets the log of a fresh tenant, with a topic `events` of two partitions. */
export type WithTopic = (body: (given: Given) => Promise<void>) => () => Promise<void>

const randomness = seededRandomness(3)
export const newTenant = (): TenantId => tenantIds.make({ clock: systemClock, randomness })

export const at: Partition = { topic: 'events', partition: 0 }
export const otherAt: Partition = { topic: 'events', partition: 1 }
export const everything = { offset: 0, bytesMax: 64 * 1024 * 1024 }

/** A batch of records with these values; its timestamps count up from `timestampMs`. */
export function batchOf(values: readonly string[], timestampMs = 1000): Uint8Array {
  const records = values.map((value, i) => ({ key: null, value: Buffer.from(value), timestampMs: timestampMs + i }))
  return encodeRecordBatch({ records })
}

export const valuesIn = (batches: readonly Uint8Array[]): string[] =>
  batches.flatMap((batch) => decodeRecordBatch(batch).records.map(({ value }) => Buffer.from(value!).toString()))

export function valuesOf(read: ReadResult): string[] {
  assert.ok(read.ok, 'The partition was read.')
  return valuesIn(read.batches)
}

export async function appended(
  log: TenantLog,
  values: readonly string[],
  timestampMs?: number,
  to = at,
): Promise<number> {
  const result = await log.append(to, batchOf(values, timestampMs))
  assert.ok(result.ok, 'The partition was appended to.')
  return result.baseOffset
}

/** The records from an offset on: what each value's offset is. */
export async function recordsFrom(log: TenantLog, offset: number, from = at): Promise<[number, string][]> {
  const found: [number, string][] = []
  for (let next = offset; ;) {
    const read = await log.read(from, { offset: next, bytesMax: 1500 })
    assert.ok(read.ok, 'The partition was read.')
    if (read.batches.length === 0) return found
    for (const batch of read.batches) {
      const { header, records } = decodeRecordBatch(batch)
      for (const record of records) {
        if (record.offset >= next) found.push([record.offset, Buffer.from(record.value!).toString()])
      }
      next = header.baseOffset + header.lastOffsetDelta + 1
    }
  }
}
