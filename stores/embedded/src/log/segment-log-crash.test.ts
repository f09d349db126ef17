import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, systemClock, tenantIds, wholeNumber } from '@koine/base'
import { baseOffset, decodeRecordBatch, encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { MemoryTables } from '@koine/stores-ports/memory'
import fc from 'fast-check'
import { SegmentLog } from './segment-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const partitions = 3
/** More of them when hunting: each is a few milliseconds. */
const numRuns = Number(process.env['KOINE_TEST_RUNS'] ?? 25)
const tenant = tenantIds.make({ clock: systemClock, randomness: seededRandomness(5) })

/** What a partition holds: an append's number at each of its batches' offsets. */
type Contents = Map<number, string>

async function contentsOf(log: TenantLog, partition: number): Promise<Contents> {
  const contents: Contents = new Map()
  let next = 0
  for (;;) {
    const read = await log.read({ topic: 't', partition }, { offset: next, bytesMax: 700 })
    assert.ok(read.ok)
    if (read.batches.length === 0) {
      assert.equal(read.endOffset, next)
      return contents
    }
    for (const batch of read.batches) {
      assert.equal(baseOffset(batch), next, 'Offsets follow one another.')
      const { records } = decodeRecordBatch(batch)
      contents.set(next, Buffer.from(records[0]!.value!).toString().split(':')[0]!)
      next += records.length
    }
  }
}

class Run {
  readonly randomness
  readonly disk
  readonly tables = new MemoryTables({ clock: systemClock })
  /** By partition: what was acknowledged, and what a reader has seen. It has to stay. */
  readonly promised: Contents[] = Array.from({ length: partitions }, () => new Map())
  /** By partition: what was acknowledged for `os` alone. It has to stay as long as the machine does. */
  readonly held: Contents[] = Array.from({ length: partitions }, () => new Map())
  readonly refused = new Set<string>()
  #appended = 0

  constructor(seed: number) {
    this.randomness = seededRandomness(seed)
    this.disk = new SimulatedDisk(this.randomness)
    this.disk.shortWrites = true
    this.disk.forgetsAtFailedSyncs = wholeNumber(this.randomness, 2) === 0
  }

  open(): SegmentLog {
    return new SegmentLog({
      directory: '/data',
      tables: this.tables,
      clock: systemClock,
      files: this.disk.mount(),
      limits: {
        segmentBytes: 2500,
        groupBytes: 1500,
        unsyncedBytes: 1200,
        unsyncedMs: 3,
        tailCacheBytes: 500,
        indexCacheBytes: 2000,
      },
    })
  }

  /** The machine stops: of what was appended for `os`, any part may be gone. */
  crash(): void {
    this.disk.crash()
    this.loseHeld()
  }

  loseHeld(): void {
    for (const held of this.held) held.clear()
  }

  /** Appends until stopped, several at a time. */
  async append(log: TenantLog, appends: number): Promise<void> {
    const one = async (): Promise<void> => {
      const id = `${this.#appended++}`
      const partition = wholeNumber(this.randomness, partitions)
      const count = 1 + wholeNumber(this.randomness, 3)
      const value = Buffer.from(`${id}:${'x'.repeat(wholeNumber(this.randomness, 600))}`)
      const records = Array.from({ length: count }, () => ({ key: null, value, timestampMs: 1 }))
      const single = encodeRecordBatch({ records })
      const twice = wholeNumber(this.randomness, 4) === 0
      const durability = wholeNumber(this.randomness, 3) === 0 ? 'sync' : 'os'
      const batches = twice ? Buffer.concat([single, single]) : single
      try {
        const result = await log.append({ topic: 't', partition }, batches, { durability })
        assert.ok(result.ok)
        const { baseOffset } = result
        this.held[partition]!.set(baseOffset, id)
        if (twice) this.held[partition]!.set(baseOffset + count, id)
        if (durability === 'sync') this.#promise(partition, baseOffset + 2 * count)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'unavailable')
        this.refused.add(id)
      }
    }
    const lane = async (): Promise<void> => {
      for (let i = 0; i < appends; i++) await one()
    }
    await Promise.all([lane(), lane(), lane(), lane()])
  }

  /** Checks that all that has to be there is, and takes what is readable as promised from now on. */
  async check(log: TenantLog, { isFresh }: { isFresh: boolean }): Promise<void> {
    for (const [partition, promised] of this.promised.entries()) {
      const held = new Map(this.held[partition])
      const found = await contentsOf(log, partition)
      for (const [offset, id] of [...promised, ...held])
        assert.equal(found.get(offset), id, `partition ${partition}, offset ${offset}`)
      // What is found at an opening is on the disk; later, what was appended for `os` meanwhile need not be.
      for (const [offset, id] of found) if (isFresh) promised.set(offset, id)
    }
  }

  /** What stands before a `sync` append is as durable as that is. */
  #promise(partition: number, before: number): void {
    const held = this.held[partition]!
    for (const [offset, id] of held) {
      if (offset >= before) continue
      this.promised[partition]!.set(offset, id)
      held.delete(offset)
    }
  }
}

test('whatever a crash leaves of unsynced writes, what was acknowledged or read is there, in place', async () => {
  const stop = fc.record({
    operations: fc.nat(60),
    what: fc.constantFrom('machine' as const, 'program' as const),
    readFirst: fc.boolean(),
    closeFirst: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(stop, { minLength: 1, maxLength: 5 }), fc.boolean(), async (...given) => {
      const [seed, stops, crashLast] = given
      const run = new Run(seed)
      await run.open().forTenant(tenant).createTopic({ name: 't', partitions })
      for (const { operations, what, readFirst, closeFirst } of stops) {
        if (closeFirst) {
          await using log = run.open()
          await run.append(log.forTenant(tenant), 1)
        }
        const stopped = run.disk.stopAt(operations, what)
        const log = run.open().forTenant(tenant)
        const working = async (): Promise<void> => {
          if (readFirst) await run.check(log, { isFresh: true })
          await run.append(log, 12)
        }
        await Promise.race([stopped, working()])
        if (what === 'machine') run.loseHeld()
      }
      if (crashLast) run.crash()
      else run.disk.kill()
      await using log = run.open()
      await run.check(log.forTenant(tenant), { isFresh: true })
      await run.append(log.forTenant(tenant), 3)
      await run.check(log.forTenant(tenant), { isFresh: false })
    }),
    {
      numRuns,
      examples: [[767669340, [{ operations: 56, what: 'machine', readFirst: false, closeFirst: true }], true]],
    },
  )
})

test('failed writes and syncs refuse what waited, lose nothing acknowledged even for `os`, and the log goes on', async () => {
  const failure = fc.record({
    operation: fc.constantFrom(
      'write' as const,
      'sync' as const,
      'truncate' as const,
      'open' as const,
      'syncDirectory' as const,
    ),
    code: fc.constantFrom('ENOSPC', 'EIO'),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(failure, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (...given) => {
        const [seed, failures, closes] = given
        const run = new Run(seed)
        const opened = run.open()
        const log = opened.forTenant(tenant)
        await log.createTopic({ name: 't', partitions })
        await run.append(log, 3)
        for (const { operation, code } of failures) {
          run.disk.failNext(operation, code)
          await run.append(log, 2)
        }
        run.disk.heal()
        const refusedBefore = run.refused.size
        await run.append(log, 2)
        assert.equal(run.refused.size, refusedBefore, 'It goes on once the disk is well.')
        await run.check(log, { isFresh: false })
        for (const contents of [...run.promised, ...run.held]) {
          for (const id of contents.values()) assert.ok(!run.refused.has(id))
        }
        if (closes) await opened[Symbol.asyncDispose]()
        run.disk.crash()
        if (!closes) run.loseHeld()
        await using again = run.open()
        await run.check(again.forTenant(tenant), { isFresh: true })
      },
    ),
    { numRuns },
  )
})
