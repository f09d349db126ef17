import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, type TenantId, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Durability, TenantLog } from '@koine/stores-ports'
import { MemoryTables } from '@koine/stores-ports/memory'
import type { SegmentLogLimits } from './engine.ts'
import { FailingFiles } from './failing-files.ts'
import { batch, numbered, texts } from './opened-log.ts'
import { SegmentLog } from './segment-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const at = { topic: 't', partition: 0 }
const durabilities: readonly Durability[] = ['sync', 'os']

/** A node on a simulated disk, started and stopped at will. */
class Node {
  readonly clock = new ManualClock()
  readonly randomness = seededRandomness(11)
  readonly disk = new SimulatedDisk(this.randomness)
  readonly tables = new MemoryTables({ clock: this.clock })
  readonly limits: Partial<SegmentLogLimits>
  files!: FailingFiles
  log!: SegmentLog

  constructor(limits: Partial<SegmentLogLimits> = {}) {
    this.limits = { tailCacheBytes: 0, ...limits }
    this.start()
  }

  start(): void {
    this.files = new FailingFiles(this.disk.mount())
    const { tables, clock, files, limits } = this
    this.log = new SegmentLog({ directory: '/data', tables, clock, files, limits })
  }

  /** The machine stops, and starts again. */
  crash(): void {
    this.disk.crash()
    this.start()
  }

  newTenant(): TenantId {
    return tenantIds.make({ clock: this.clock, randomness: this.randomness })
  }

  of(tenant: TenantId): TenantLog {
    return this.log.forTenant(tenant)
  }
}

async function append(log: TenantLog, text: string, durability: Durability = 'sync'): Promise<number> {
  const appended = await log.append(at, batch(text), { durability })
  assert.ok(appended.ok)
  return appended.baseOffset
}

for (const code of ['ENOSPC', 'EROFS', 'EIO']) {
  test(`${code}: one tenant's appends are refused, its reads and all others go on, and it is well with the disk`, async () => {
    const node = new Node()
    const [sick, well] = [node.newTenant(), node.newTenant()]
    for (const tenant of [sick, well]) {
      await node.of(tenant).createTopic({ name: 't', partitions: 1 })
      for (const text of numbered(4)) await append(node.of(tenant), text, 'os')
    }
    node.files.within = sick
    node.files.code = code
    node.files.isOn = true
    for (const durability of durabilities) {
      await assert.rejects(append(node.of(sick), 'refused', durability), { code: 'unavailable' })
      assert.deepEqual(await texts(node.of(sick), 't'), numbered(4))
      assert.deepEqual(await node.of(sick).bounds(at), { startOffset: 0, endOffset: 4 })
      await append(node.of(well), 'on', durability)
    }
    node.files.isOn = false
    assert.equal(await append(node.of(sick), 'n4'), 4)
    await append(node.of(well), 'on')
    node.crash()
    assert.deepEqual(await texts(node.of(sick), 't'), numbered(5))
    assert.deepEqual(await texts(node.of(well), 't'), [...numbered(4), 'on', 'on', 'on'])
  })
}

test('a segment that can not be begun for want of space is begun once there is some', async () => {
  const node = new Node({ segmentBytes: 2_000 })
  const tenant = node.newTenant()
  await node.of(tenant).createTopic({ name: 't', partitions: 1 })
  for (const text of numbered(3)) await append(node.of(tenant), text)
  for (const durability of durabilities) {
    node.disk.failNext('open', 'ENOSPC')
    await assert.rejects(append(node.of(tenant), 'refused', durability), { code: 'unavailable' })
    assert.deepEqual(await texts(node.of(tenant), 't'), numbered(3))
  }
  assert.equal(await append(node.of(tenant), 'n3', 'os'), 3)
  await node.log[Symbol.asyncDispose]()
  node.crash()
  assert.deepEqual(await texts(node.of(tenant), 't'), numbered(4))
})

test('a log that can not be opened is unavailable, and opens once the disk is well', async () => {
  const node = new Node()
  const tenant = node.newTenant()
  await node.of(tenant).createTopic({ name: 't', partitions: 1 })
  await append(node.of(tenant), 'n0')
  node.crash()
  node.files.isOn = true
  await assert.rejects(node.of(tenant).bounds(at), { code: 'unavailable' })
  node.files.isOn = false
  assert.deepEqual(await texts(node.of(tenant), 't'), numbered(1))
})

test('what was written for `os` is on the disk a second later, though nothing else is appended', async () => {
  const node = new Node({ unsyncedMs: 1_000 })
  const tenant = node.newTenant()
  await node.of(tenant).createTopic({ name: 't', partitions: 1 })
  await append(node.of(tenant), 'n0', 'os')
  node.clock.advance(1_000)
  await settled()
  node.crash()
  assert.deepEqual(await texts(node.of(tenant), 't'), numbered(1))
})

test('what was written for `os` is on the disk when enough of it came together', async () => {
  const node = new Node({ unsyncedBytes: 3_000 })
  const tenant = node.newTenant()
  await node.of(tenant).createTopic({ name: 't', partitions: 1 })
  for (const text of numbered(4)) await append(node.of(tenant), text, 'os')
  await settled()
  node.crash()
  assert.deepEqual(await texts(node.of(tenant), 't'), numbered(4))
})

test('a sync in the background that fails is made good without anybody asking, as soon as the disk is well', async () => {
  for (const forgets of [false, true]) {
    const node = new Node({ unsyncedMs: 1_000 })
    node.disk.forgetsAtFailedSyncs = forgets
    const tenant = node.newTenant()
    await node.of(tenant).createTopic({ name: 't', partitions: 1 })
    await append(node.of(tenant), 'n0')
    for (const text of numbered(3, 1)) await append(node.of(tenant), text, 'os')
    for (let tries = 0; tries < 3; tries++) {
      node.disk.failNext('sync')
      node.clock.advance(1_000)
      await settled()
    }
    node.clock.advance(1_000)
    await settled()
    node.crash()
    assert.deepEqual(await texts(node.of(tenant), 't'), numbered(4))
  }
})

test('after a failed sync, appends for `sync` are refused, and those for `os` before them stay where they were', async () => {
  const node = new Node()
  const tenant = node.newTenant()
  const log = node.of(tenant)
  await log.createTopic({ name: 't', partitions: 1 })
  for (const text of numbered(3)) await append(log, text, 'os')
  node.disk.failNext('sync')
  await assert.rejects(append(log, 'refused'), { code: 'unavailable' })
  assert.deepEqual(await texts(log, 't'), numbered(3))
  assert.equal(await append(log, 'n3'), 3)
  node.crash()
  assert.deepEqual(await texts(node.of(tenant), 't'), numbered(4))
})

test('as much as waits for the disk beyond its bound is refused, and the rest is appended', async () => {
  const node = new Node({ waitingBytes: 3_200 })
  const log = node.of(node.newTenant())
  await log.createTopic({ name: 't', partitions: 1 })
  const outcomes = await Promise.allSettled(numbered(6).map((text) => append(log, text)))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.deepEqual(
    refused.map(({ reason }) => (reason as { code: string }).code),
    ['overloaded', 'overloaded'],
  )
  assert.deepEqual(await texts(log, 't'), numbered(4))
  await append(log, 'n4')
})

test('clocks that jump change nothing of what is appended, found and committed', async () => {
  const node = new Node()
  const tenant = node.newTenant()
  const yearMs = 365 * 86_400_000
  for (const [round, jumpMs] of [yearMs, -3 * yearMs, 2 * yearMs].entries()) {
    const log = node.of(tenant)
    await log.createTopic({ name: 't', partitions: 1 })
    await append(log, `n${round}`, 'os')
    node.clock.jumpWall(jumpMs)
    await log.commitOffsets('g', [{ ...at, offset: round + 1 }])
    assert.deepEqual(await texts(log, 't'), numbered(round + 1))
    assert.deepEqual(await log.findTimestamp(at, 1), { offset: 0, timestampMs: 1 })
    assert.equal((await log.committedOffsets('g'))[0]?.offset, round + 1)
    await node.log[Symbol.asyncDispose]()
    node.crash()
  }
})

/** Lets what is under way come to its end: each operation of the disk takes a turn of the event loop. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 40; turns++) await new Promise((resolve) => setImmediate(resolve))
}
