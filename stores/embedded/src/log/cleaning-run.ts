import assert from 'node:assert/strict'
import { type Randomness, seededRandomness, systemClock, tenantIds, wholeNumber } from '@koine/base'
import { baseOffset, decodeRecordBatch, encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { Tables, TenantLog, TenantTables } from '@koine/stores-ports'
import { MemoryBlobs, MemoryTables } from '@koine/stores-ports/memory'
import type { LogFiles } from './log-files.ts'
import { SegmentLog } from './segment-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { mortalBlobs } from './tiers/mortal-blobs.ts'
import type { TieringSettings } from './tiers/tiering-settings.ts'

export const tenant = tenantIds.make({ clock: systemClock, randomness: seededRandomness(8) })
const topic = 't'
const partitions = 2

/** What is known of a partition over crashes. */
class Promised {
  /** By base offset: a batch's number, and one past its last offset. */
  readonly batches = new Map<number, { readonly id: string; readonly endOffset: number }>()
  /** Batches that a rewrite took away, and those that one under way takes away, in order. */
  readonly gone = new Set<number>()
  going: number[] = []
  /** Those that were going when it was last stopped; and any time before that, since it was last looked at. */
  wereGoing: number[] = []
  readonly mayBeGone = new Set<number>()
  /** Where it starts at least, and at most. */
  startOffset = 0
  mayStartAt = 0
  endOffset = 0
}

/**
 * A log on a simulated disk that is appended to, given up, rewritten, stopped and opened again, with all that was promised
 * about it; for tests.
 */
export class CleaningRun {
  readonly randomness: Randomness
  readonly disk: SimulatedDisk
  readonly promised = Array.from({ length: partitions }, () => new Promised())
  readonly blobs = new MemoryBlobs({ clock: systemClock })
  readonly tables = new MemoryTables({ clock: systemClock })
  readonly #tiering: Partial<TieringSettings> | undefined
  #made = 0

  /** @param tiering with it, sealed segments go to a blob store */
  constructor(seed: number, tiering?: Partial<TieringSettings>) {
    this.#tiering = tiering
    this.randomness = seededRandomness(seed)
    this.disk = new SimulatedDisk(this.randomness)
  }

  open(): SegmentLog {
    for (const promised of this.promised) {
      for (const offset of promised.wereGoing) promised.mayBeGone.add(offset)
      promised.wereGoing = promised.going.splice(0)
    }
    const files = this.disk.mount()
    return new SegmentLog({
      directory: '/data',
      tables: mortal(this.tables, files),
      clock: systemClock,
      files,
      ...(this.#tiering && { blobs: mortalBlobs(this.blobs, files), tiering: this.#tiering }),
      limits: { segmentBytes: 1800, groupBytes: 1500, tailCacheBytes: 500, indexCacheBytes: 2000 },
    })
  }

  /** Takes all indexes from the disk: they have to be made again. */
  loseIndexes(): void {
    for (const name of this.disk.names()) if (name.endsWith('.index')) this.disk.lose(name)
  }

  logOf(opened: SegmentLog): TenantLog {
    return opened.forTenant(tenant)
  }

  /** Does a bit of everything, some of it at once. */
  async work(log: TenantLog, rounds: number): Promise<void> {
    await log.createTopic({ name: topic, partitions })
    for (let round = 0; round < rounds; round++) {
      await Promise.all(Array.from({ length: 5 }, () => this.#append(log)))
      await Promise.all([this.#rewrite(log, 0), this.#append(log), this.#rewrite(log, 1)])
      await Promise.all([this.#giveUp(log, round % partitions), this.#append(log)])
      await this.#passingTopic(log, `passing-${this.#made++}`)
    }
  }

  /** Checks all that was promised, and takes what is there as promised from now on. */
  async check(log: TenantLog): Promise<void> {
    if (!(await log.topic(topic))) return
    for (const [partition, promised] of this.promised.entries()) await this.#checkPartition(log, partition, promised)
  }

  async #append(log: TenantLog): Promise<void> {
    const id = `${this.#made++}`
    const partition = wholeNumber(this.randomness, partitions)
    const count = 1 + wholeNumber(this.randomness, 3)
    const value = Buffer.from(`${id}:${'x'.repeat(wholeNumber(this.randomness, 500))}`)
    const records = Array.from({ length: count }, () => ({ key: null, value, timestampMs: 1 }))
    const single = encodeRecordBatch({ records })
    const batches = 1 + wholeNumber(this.randomness, 2)
    const result = await log.append({ topic, partition }, Buffer.concat(Array(batches).fill(single)))
    assert.ok(result.ok)
    const promised = this.promised[partition]!
    for (let batch = 0; batch < batches; batch++) {
      const from = result.baseOffset + batch * count
      promised.batches.set(from, { id, endOffset: from + count })
      promised.endOffset = Math.max(promised.endOffset, from + count)
    }
  }

  async #giveUp(log: TenantLog, partition: number): Promise<void> {
    const promised = this.promised[partition]!
    const { endOffset } = promised
    // Now and then all of it.
    const before = wholeNumber(this.randomness, 3) === 0 ? endOffset : wholeNumber(this.randomness, endOffset + 1)
    promised.mayStartAt = Math.max(promised.mayStartAt, before)
    assert.ok((await log.deleteRecords({ topic, partition }, before)).ok)
    promised.startOffset = Math.max(promised.startOffset, before)
  }

  /** Takes about half of the batches away. */
  async #rewrite(log: TenantLog, partition: number): Promise<void> {
    const promised = this.promised[partition]!
    const salt = wholeNumber(this.randomness, 7)
    const replace = (batch: Uint8Array): Uint8Array | undefined => {
      if ((baseOffset(batch) * 5 + salt) % 7 > 3) return batch
      promised.going.push(baseOffset(batch))
      return undefined
    }
    assert.ok((await log.rewrite({ topic, partition }, { before: promised.endOffset, replace })).ok)
    for (const offset of promised.going.splice(0)) promised.gone.add(offset)
  }

  /** A topic whose records are soon dead. */
  async #passingTopic(log: TenantLog, name: string): Promise<void> {
    await log.createTopic({ name, partitions: 1 })
    const value = Buffer.alloc(900)
    await log.append(
      { topic: name, partition: 0 },
      encodeRecordBatch({ records: [{ key: null, value, timestampMs: 1 }] }),
    )
    await log.deleteTopic(name)
  }

  async #checkPartition(log: TenantLog, partition: number, promised: Promised): Promise<void> {
    const at = `partition ${partition}`
    const bounds = (await log.bounds({ topic, partition }))!
    assert.ok(bounds.endOffset >= promised.endOffset, `${at} ends at ${bounds.endOffset}, not ${promised.endOffset}`)
    assert.ok(bounds.startOffset >= promised.startOffset, `${at}: what was given up stays so`)
    assert.ok(bounds.startOffset <= promised.mayStartAt, `${at}: nothing else was given up`)
    promised.startOffset = promised.mayStartAt = bounds.startOffset
    promised.endOffset = bounds.endOffset
    const found = await batchesFrom(log, partition, bounds.startOffset)
    this.#checkGone(found, promised)
    for (const [offset, { id, endOffset }] of promised.batches) {
      if (endOffset <= bounds.startOffset || promised.gone.has(offset)) continue
      assert.equal(found.get(offset)?.id, id, `${at}, offset ${offset}`)
    }
    for (const [offset, batch] of found) promised.batches.set(offset, batch)
  }

  /** A rewrite that was stopped has taken away some, from the first on, or all. */
  #checkGone(found: ReadonlyMap<number, unknown>, promised: Promised): void {
    const firstLeft = promised.wereGoing.findIndex((offset) => found.has(offset))
    const taken = firstLeft === -1 ? promised.wereGoing : promised.wereGoing.slice(0, firstLeft)
    for (const offset of [...taken, ...promised.mayBeGone]) if (!found.has(offset)) promised.gone.add(offset)
    promised.wereGoing = []
    promised.mayBeGone.clear()
    for (const offset of promised.gone) assert.ok(!found.has(offset), `${offset} does not come back`)
  }
}

async function batchesFrom(
  log: TenantLog,
  partition: number,
  start: number,
): Promise<Map<number, { id: string; endOffset: number }>> {
  const found = new Map<number, { id: string; endOffset: number }>()
  let next = start
  for (;;) {
    const read = await log.read({ topic, partition }, { offset: next, bytesMax: 700 })
    assert.ok(read.ok)
    if (read.batches.length === 0) {
      assert.equal(next, read.endOffset)
      return found
    }
    for (const batch of read.batches) {
      const { header, records } = decodeRecordBatch(batch)
      const endOffset = header.baseOffset + records.length
      assert.ok(endOffset > next, 'Offsets grow.')
      found.set(header.baseOffset, { id: Buffer.from(records[0]!.value!).toString().split(':')[0]!, endOffset })
      next = endOffset
    }
  }
}

/** Tables for a program that stops with its disk: what it asks for later never happens. */
export function mortal(tables: Tables, files: LogFiles): Tables {
  // Failing will do: only after the end nothing comes back.
  const alive = (): Promise<unknown> => files.list('/nowhere').catch(() => [])
  const whileAlive = (inner: TenantTables): TenantTables => ({
    get: async (key) => (await alive(), inner.get(key)),
    getMany: async (keys) => (await alive(), inner.getMany(keys)),
    query: async (query) => (await alive(), inner.query(query)),
    write: async (batch) => (await alive(), inner.write(batch)),
    outbox: inner.outbox,
  })
  return {
    control: tables.control,
    forTenant: (id) => whileAlive(tables.forTenant(id)),
    dropTenant: (id) => tables.dropTenant(id),
    [Symbol.asyncDispose]: async () => {},
  }
}
