import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { decodeRecordBatch, encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { MemoryTables } from '@koine/stores-ports/memory'
import type { SegmentLogLimits } from './engine.ts'
import { FailingFiles } from './failing-files.ts'
import { isAbsentFile } from './log-files.ts'
import { SegmentLog, type SegmentLogOptions } from './segment-log.ts'
import { systemFiles } from './system-files.ts'

export const idSource = { clock: systemClock, randomness: seededRandomness(9) }

/** A tenant's log on real files whose segments hold two or three appends each, closed and opened at will; for tests. */
export class OpenedLog implements AsyncDisposable {
  readonly directory = temporaryDirectory()
  readonly tenant: TenantId = tenantIds.make(idSource)
  readonly tables = new MemoryTables({ clock: systemClock })
  readonly disk = new FailingFiles(systemFiles)
  readonly #limits: Partial<SegmentLogLimits>
  readonly #tiers: Pick<SegmentLogOptions, 'blobs' | 'tiering'>
  segments: SegmentLog

  constructor(limits: Partial<SegmentLogLimits> = {}, tiers: Pick<SegmentLogOptions, 'blobs' | 'tiering'> = {}) {
    this.#tiers = tiers
    this.#limits = { segmentBytes: 2000, tailCacheBytes: 0, ...limits }
    this.segments = this.#open()
  }

  get log(): TenantLog {
    return this.segments.forTenant(this.tenant)
  }

  async reopen(whileClosed: () => Promise<void> = async () => {}): Promise<void> {
    await this.segments[Symbol.asyncDispose]()
    await whileClosed()
    this.segments = this.#open()
  }

  async files(suffix: string, tenant = this.tenant): Promise<string[]> {
    const folder = join(this.directory.path, 'tenants', tenant, 'log')
    const names = await readdir(folder)
    return names
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => join(folder, name))
  }

  /** Of all segments. */
  async bytes(): Promise<number> {
    const sizes = (await this.files('.segment')).map(bytesOf)
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.segments[Symbol.asyncDispose]()
    await this.directory[Symbol.asyncDispose]()
  }

  #open(): SegmentLog {
    return new SegmentLog({
      directory: this.directory.path,
      tables: this.tables,
      clock: systemClock,
      files: this.disk,
      limits: this.#limits,
      ...this.#tiers,
    })
  }
}

/** None when it has just been deleted. */
async function bytesOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isAbsentFile(error)) return 0
    throw error
  }
}

export const batch = (text: string): Uint8Array =>
  encodeRecordBatch({ records: [{ key: null, value: Buffer.from(text.padEnd(700, '.')), timestampMs: 1 }] })

export async function append(log: TenantLog, topic: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) assert.ok((await log.append({ topic, partition: 0 }, batch(text))).ok)
}

export async function texts(log: TenantLog, topic: string): Promise<string[]> {
  const at = { topic, partition: 0 }
  const { startOffset } = (await log.bounds(at))!
  const read = await log.read(at, { offset: startOffset, bytesMax: 1e7 })
  assert.ok(read.ok)
  return read.batches.flatMap((each) =>
    decodeRecordBatch(each).records.map(({ value }) => /^\w+/.exec(Buffer.from(value!).toString())![0]),
  )
}

export const numbered = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `n${i + from}`)
