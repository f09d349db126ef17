import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError, type Randomness, seededRandomness, systemClock, tenantIds, wholeNumber } from '@koine/base'
import { baseOffset, decodeRecordBatch, encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { MemoryBlobs, MemoryTables } from '@koine/stores-ports/memory'
import { mortal } from './cleaning-run.ts'
import { SegmentLog } from './segment-log.ts'
import { type DiskOperation, SimulatedDisk } from './simulated-disk.ts'
import { mortalBlobs } from './tiers/mortal-blobs.ts'

const at = { topic: 'log', partition: 0 }
const operations: readonly DiskOperation[] = [
  'open',
  'read',
  'write',
  'sync',
  'truncate',
  'syncDirectory',
  'rename',
  'remove',
]
/** So small that segments are sealed, caches emptied and files closed all the time. */
const limits = {
  segmentBytes: 1_800,
  groupBytes: 1_500,
  unsyncedBytes: 1_200,
  unsyncedMs: 2,
  tailCacheBytes: 500,
  indexCacheBytes: 2_000,
  openFiles: 3,
}
const tiering = { copyAfterMs: 0, localMs: 0, retryMs: 1, retryMsMax: 4, readCacheBytes: 1 }
const lives = 3
const stepsPerLife = 12
const seeds = 200

test('appends, rewrites and deletions on a disk that fails at any time lose nothing and bring nothing back', async () => {
  for (let seed = 0; seed < seeds; seed++) await new Ordeal(seed).run()
})

test('the same holds for a log whose segments go to a blob store that fails too', async () => {
  for (let seed = 0; seed < seeds / 4; seed++) await new Ordeal(seed, true).run()
})

/** One log through several lives, and what its callers know of it. */
class Ordeal {
  readonly #seed: number
  readonly #randomness: Randomness
  readonly #disk: SimulatedDisk
  readonly #tables = new MemoryTables({ clock: systemClock })
  /** What was acknowledged, by offset, and has to stay. */
  readonly #acknowledged = new Map<number, string>()
  /** What was acknowledged for `os` alone since the last `sync` append: it has to stay until the machine stops. */
  readonly #held = new Map<number, string>()
  /** Offsets that some rewrite was told to leave out, and those of rewrites that were acknowledged. */
  readonly #mayBeGone = new Set<number>()
  readonly #gone = new Set<number>()
  /** Where the partition starts at least, and at most. */
  #startMin = 0
  #startMax = 0
  #records = 0

  readonly #blobs: MemoryBlobs
  readonly #isTiered: boolean
  #blobsFail = false

  constructor(seed: number, isTiered = false) {
    this.#isTiered = isTiered
    const mayFail = (): void => {
      if (this.#blobsFail && this.#chance(3)) throw new KoineError('unavailable', 'A fault of the test.')
    }
    this.#blobs = new MemoryBlobs({ clock: systemClock, faults: { before: mayFail, after: mayFail } })
    this.#seed = seed
    this.#randomness = seededRandomness(seed)
    this.#disk = new SimulatedDisk(this.#randomness)
    this.#disk.forgetsAtFailedSyncs = seed % 4 === 0
  }

  async run(): Promise<void> {
    const tenant = tenantIds.make({ clock: systemClock, randomness: this.#randomness })
    for (let life = 0; life < lives; life++) {
      const opened = this.#open()
      const log = opened.forTenant(tenant)
      if (life === 0) await log.createTopic({ name: at.topic, partitions: 1 })
      await this.#check(log)
      for (let step = 0; step < stepsPerLife; step++) await this.#step(log)
      await this.#check(log)
      if (this.#chance(2)) {
        await opened[Symbol.asyncDispose]()
        this.#keep(Infinity)
      }
      this.#disk.crash()
      this.#held.clear()
    }
    await this.#check(this.#open().forTenant(tenant))
  }

  #open(): SegmentLog {
    const files = this.#disk.mount()
    const tables = this.#isTiered ? mortal(this.#tables, files) : this.#tables
    const tiers = this.#isTiered && { blobs: mortalBlobs(this.#blobs, files), tiering }
    return new SegmentLog({ directory: '/data', tables, clock: systemClock, files, limits, ...tiers })
  }

  async #step(log: TenantLog): Promise<void> {
    this.#blobsFail = this.#isTiered && this.#chance(2)
    for (let faults = wholeNumber(this.#randomness, 3); faults > 0; faults--) {
      this.#disk.failNext(operations[wholeNumber(this.#randomness, operations.length)]!, 'ENOSPC')
    }
    const work = [this.#append(log), this.#append(log), this.#append(log), this.#append(log), this.#rewrite(log)]
    if (this.#chance(3)) work.push(this.#delete(log))
    await Promise.all(work)
    this.#disk.heal()
    this.#blobsFail = false
    if (this.#chance(2)) await this.#check(log)
  }

  async #append(log: TenantLog): Promise<void> {
    const name = `${this.#records++}`
    const value = Buffer.from(`${name}:${'x'.repeat(wholeNumber(this.#randomness, 500))}`)
    const batch = encodeRecordBatch({ records: [{ key: null, value, timestampMs: 1 }] })
    const durability = this.#chance(2) ? 'os' : 'sync'
    const result = await unlessUnavailable(log.append(at, batch, { durability }))
    if (!result?.ok) return
    const { baseOffset } = result
    const isTaken = this.#acknowledged.has(baseOffset) || this.#held.has(baseOffset)
    assert.ok(!isTaken, this.#says(`offset ${baseOffset} was given twice`))
    this.#held.set(baseOffset, name)
    if (durability === 'sync') this.#keep(baseOffset)
  }

  /** What was appended up to here is on the disk. */
  #keep(upTo: number): void {
    for (const [offset, name] of this.#held) {
      if (offset > upTo) continue
      this.#acknowledged.set(offset, name)
      this.#held.delete(offset)
    }
  }

  async #rewrite(log: TenantLog): Promise<void> {
    const salt = wholeNumber(this.#randomness, 7)
    const bounds = await unlessUnavailable(log.bounds(at))
    if (!bounds) return
    const leftOut: number[] = []
    const replace = (batch: Uint8Array): Uint8Array | undefined => {
      const offset = baseOffset(batch)
      if ((offset * 5 + salt) % 7 > 3) return batch
      leftOut.push(offset)
      this.#mayBeGone.add(offset)
      return undefined
    }
    const result = await unlessUnavailable(log.rewrite(at, { before: bounds.endOffset, replace }))
    if (result?.ok) for (const offset of leftOut) this.#gone.add(offset)
  }

  async #delete(log: TenantLog): Promise<void> {
    const bounds = await unlessUnavailable(log.bounds(at))
    if (!bounds) return
    const before = wholeNumber(this.#randomness, bounds.endOffset + 1)
    this.#startMax = Math.max(this.#startMax, before)
    const result = await unlessUnavailable(log.deleteRecords(at, before))
    if (result?.ok) this.#startMin = Math.max(this.#startMin, before)
  }

  async #check(log: TenantLog): Promise<void> {
    const { found, startOffset } = await readAll(log)
    const isWithin = startOffset >= this.#startMin && startOffset <= this.#startMax
    assert.ok(isWithin, this.#says(`it starts at ${startOffset}, not at ${this.#startMin} to ${this.#startMax}`))
    for (const [offset, name] of [...this.#acknowledged, ...this.#held]) {
      if (offset < startOffset) continue
      if (this.#gone.has(offset)) assert.ok(!found.has(offset), this.#says(`${name} is back`))
      else if (found.has(offset) || !this.#mayBeGone.has(offset)) {
        assert.equal(found.get(offset), name, this.#says(`at offset ${offset}`))
      }
    }
  }

  #chance(oneIn: number): boolean {
    return wholeNumber(this.#randomness, oneIn) === 0
  }

  #says(what: string): string {
    return `seed ${this.#seed}: ${what}`
  }
}

/** The names of all records by offset, read in small pieces. */
async function readAll(log: TenantLog): Promise<{ found: Map<number, string>; startOffset: number }> {
  const { startOffset } = (await log.bounds(at))!
  const found = new Map<number, string>()
  for (let next = startOffset; ;) {
    const read = await log.read(at, { offset: next, bytesMax: 700 })
    assert.ok(read.ok, 'it can be read')
    if (read.batches.length === 0) {
      assert.equal(next, read.endOffset)
      return { found, startOffset }
    }
    for (const batch of read.batches) {
      const { header, records } = decodeRecordBatch(batch)
      found.set(header.baseOffset, String(records[0]!.value).split(':')[0]!)
      next = header.baseOffset + records.length
    }
  }
}

async function unlessUnavailable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof KoineError && thrown.code === 'unavailable') return undefined
    throw thrown
  }
}
