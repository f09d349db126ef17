import assert from 'node:assert/strict'
import { basename, dirname } from 'node:path'
import { test } from 'node:test'
import { seededRandomness, systemClock, tenantIds, wholeNumber } from '@koine/base'
import { baseOffset, encodeRecordBatch, lastOffsetDelta } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { MemoryTables } from '@koine/stores-ports/memory'
import fc from 'fast-check'
import { CorruptSegment } from './corrupt-segment.ts'
import type { LogFiles } from './log-files.ts'
import { segmentsIn } from './segment.ts'
import { SegmentLog } from './segment-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const tenant = tenantIds.make({ clock: systemClock, randomness: seededRandomness(6) })
const topic = 't'
const partitions = 2
/** More of them when hunting. */
const numRuns = Number(process.env['KOINE_TEST_RUNS'] ?? 60)

/** A log on a disk that somebody damages. */
class FuzzedLog {
  readonly randomness
  readonly disk
  /** By partition: all batches that were acknowledged and not taken away, by base offset. */
  readonly batches = Array.from({ length: partitions }, () => new Map<number, Buffer>())
  readonly #tables = new MemoryTables({ clock: systemClock })
  /** The append that nothing was appended after. */
  last: { readonly partition: number; readonly baseOffset: number } | undefined
  #made = 0

  constructor(seed: number) {
    this.randomness = seededRandomness(seed)
    this.disk = new SimulatedDisk(this.randomness)
  }

  open(): SegmentLog {
    return new SegmentLog({
      directory: '/data',
      tables: this.#tables,
      clock: systemClock,
      files: withBoundedReads(this.disk.mount()),
      limits: { segmentBytes: 3000, tailCacheBytes: 0, indexCacheBytes: 1000 },
    })
  }

  async fill({ isCleaned, isClosed }: { isCleaned: boolean; isClosed: boolean }): Promise<void> {
    const opened = this.open()
    const log = opened.forTenant(tenant)
    await log.createTopic({ name: topic, partitions })
    for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 6 }, () => this.append(log)))
    if (isCleaned) await this.#clean(log)
    for (let i = 0; i < 5; i++) await this.append(log)
    if (isClosed) await opened[Symbol.asyncDispose]()
    this.disk.crash()
  }

  async append(log: TenantLog): Promise<void> {
    const id = this.#made++
    const partition = wholeNumber(this.randomness, partitions)
    const value = Buffer.from(`${id}:`.padEnd(wholeNumber(this.randomness, 400), 'x'))
    const count = 1 + wholeNumber(this.randomness, 2)
    const records = Array.from({ length: count }, () => ({ key: null, value, timestampMs: id }))
    const bytes = encodeRecordBatch({ records })
    const result = await log.append({ topic, partition }, bytes)
    assert.ok(result.ok)
    this.batches[partition]!.set(result.baseOffset, Buffer.from(bytes))
    this.last = { partition, baseOffset: result.baseOffset }
  }

  async #clean(log: TenantLog): Promise<void> {
    const held = this.batches[0]!
    const before = (await log.bounds({ topic, partition: 0 }))!.endOffset
    const replace = (batch: Uint8Array): Uint8Array | undefined => {
      if (baseOffset(batch) % 2 === 0) return batch
      held.delete(baseOffset(batch))
      return undefined
    }
    assert.ok((await log.rewrite({ topic, partition: 0 }, { before, replace })).ok)
  }

  /**
   * Whatever can be read is as it was; what can't says where.
   * @param mayLoseMore with damage in several frames, more than the last one may look like an unfinished write
   * @returns the places of damage that came up
   */
  async check(log: TenantLog, { mayLoseMore = false } = {}): Promise<CorruptSegment[]> {
    const problems: CorruptSegment[] = []
    for (const [partition, batches] of this.batches.entries()) {
      const end = await orDamage(problems, async () => (await log.bounds({ topic, partition }))?.endOffset)
      if (end !== undefined && !mayLoseMore) this.#checkEnd(partition, end)
      for (const [offset, bytes] of batches) {
        if (end === undefined || offset >= end) continue
        await orDamage(problems, async () => {
          const read = await log.read({ topic, partition }, { offset, bytesMax: 1 })
          assert.ok(read.ok && read.batches.length === 1)
          assert.deepEqual(read.batches[0], bytes)
        })
      }
      await orDamage(problems, () => log.findTimestamp({ topic, partition }, 5))
      await orDamage(problems, () => log.size({ topic, partition }))
    }
    return problems
  }

  /** Of all that was acknowledged, only the last group can't be told from an unfinished write. */
  #checkEnd(partition: number, end: number): void {
    for (const [offset, batch] of this.batches[partition]!) {
      if (offset + lastOffsetDelta(batch) < end) continue
      assert.deepEqual({ partition, baseOffset: offset }, this.last, 'Nothing but the last append may be cut off.')
    }
  }
}

async function orDamage<T>(problems: CorruptSegment[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof CorruptSegment)) throw error
    problems.push(error)
    return undefined
  }
}

/** Far above what these logs' files hold: reads don't become larger, whatever lengths stand in the files. */
const readBytesMax = 16 * 1024

const withBoundedReads = (files: LogFiles): LogFiles => ({
  ...files,
  open: async (path, mode) => {
    const file = await files.open(path, mode)
    return {
      ...file,
      read: async (target, position) => {
        assert.ok(target.length <= readBytesMax, `${target.length} bytes are read at once`)
        return file.read(target, position)
      },
    }
  },
})

const filled = fc.record({ isCleaned: fc.boolean(), isClosed: fc.boolean() })
const part = fc.nat(9999).map((tenThousandths) => tenThousandths / 10_000)
const flip = fc.record({ part, bit: fc.nat(7) })

function flipped(contents: Buffer, flips: readonly { part: number; bit: number }[]): Buffer {
  for (const { part, bit } of flips) contents[Math.floor(part * contents.length)]! ^= 1 << bit
  return contents
}

const nameAt = (names: readonly string[], place: number): string => names[Math.floor(place * names.length)]!

/** The latest generation of each segment: a crash may have left earlier ones. */
function currentSegments(names: readonly string[]): string[] {
  const { segments } = segmentsIn(
    dirname(names[0]!),
    names.map((name) => basename(name)),
  )
  return segments.map(({ path }) => path)
}

test('flipped bits anywhere are told with their place, or mended, and never served', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      filled,
      part,
      fc.oneof({ weight: 4, arbitrary: flip.map((one) => [one]) }, fc.array(flip, { minLength: 2, maxLength: 3 })),
      async (seed, how, file, flips) => {
        const log = new FuzzedLog(seed)
        await log.fill(how)
        const name = nameAt(log.disk.names(), file)
        log.disk.damage(name, (contents) => flipped(contents, flips))
        const opened = log.open()
        const problems = await log.check(opened.forTenant(tenant), { mayLoseMore: flips.length > 1 })
        for (const { path, position } of problems) {
          assert.equal(path, name)
          assert.ok(position >= 0 && position <= log.disk.contents(name).length)
        }
        if (name.endsWith('.index')) assert.deepEqual(problems, [], 'An index can be made again.')
        await opened[Symbol.asyncDispose]()
      },
    ),
    { numRuns: numRuns * 3 },
  )
})

test('an index that is cut off, grown or replaced by anything is made again', async () => {
  const damage = fc.oneof(
    part.map((end) => (contents: Buffer) => contents.subarray(0, Math.floor(end * contents.length))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => (contents: Buffer) => Buffer.concat([contents, bytes])),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => () => Buffer.from(bytes)),
  )
  await fc.assert(
    fc.asyncProperty(fc.integer(), filled, part, damage, async (seed, how, file, change) => {
      const log = new FuzzedLog(seed)
      await log.fill(how)
      const indexes = log.disk.names().filter((name) => name.endsWith('.index'))
      fc.pre(indexes.length > 0)
      log.disk.damage(nameAt(indexes, file), (contents) => Buffer.from(change(contents)))
      await using opened = log.open()
      assert.deepEqual(await log.check(opened.forTenant(tenant)), [])
      await log.append(opened.forTenant(tenant))
      assert.deepEqual(await log.check(opened.forTenant(tenant)), [])
    }),
    { numRuns },
  )
})

test('a sealed segment that is cut off anywhere is told with its place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), filled, part, part, async (seed, how, file, end) => {
      const log = new FuzzedLog(seed)
      await log.fill(how)
      const sealed = currentSegments(log.disk.names()).slice(0, -1)
      const name = nameAt(sealed, file)
      log.disk.damage(name, (contents) => contents.subarray(0, Math.floor(end * contents.length)))
      await using opened = log.open()
      const problems = await log.check(opened.forTenant(tenant))
      assert.ok(problems.length > 0)
      for (const { path } of problems) assert.equal(path, name)
    }),
    { numRuns },
  )
})

test('a torn tail is cut off, whatever stands in it, and nothing acknowledged is lost', async () => {
  const tail = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 3000 }),
    fc.nat(5000).map((bytes) => new Uint8Array(bytes + 1)),
    // A frame's beginning that promises far more than there is.
    fc.uint8Array({ minLength: 16, maxLength: 300 }).map((bytes) => {
      const frame = Buffer.from(bytes)
      frame.writeUInt32BE(0xffff_fff0, 4)
      return frame
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.integer(), filled, tail, async (seed, how, bytes) => {
      const log = new FuzzedLog(seed)
      await log.fill(how)
      const last = currentSegments(log.disk.names()).at(-1)!
      log.disk.damage(last, (contents) => Buffer.concat([contents, bytes]))
      await using opened = log.open()
      assert.deepEqual(await log.check(opened.forTenant(tenant)), [])
      await log.append(opened.forTenant(tenant))
      assert.deepEqual(await log.check(opened.forTenant(tenant)), [])
    }),
    { numRuns },
  )
})
