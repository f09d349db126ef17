import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Logger, Metrics, silentLogger } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { DiskHealth } from './disk-health.ts'
import { measureDisk } from './disk-metrics.ts'
import type { DiskChange, DiskOperation } from './disk-report.ts'

const limits = { syncSlowMs: 200, slowAfterMs: 10_000, stuckMs: 5_000, calmMs: 10_000, everyMs: 500 }

class Disk {
  readonly clock = new ManualClock()
  readonly lines: string[] = []
  readonly changes: string[] = []
  readonly health: DiskHealth

  constructor() {
    const write = (_: object, message: string): void => void this.lines.push(message)
    const logger: Logger = { ...silentLogger, info: write, warn: write, error: write }
    this.health = new DiskHealth({ clock: this.clock, logger, limits })
    this.health.onChange(({ from, to }: DiskChange) => void this.changes.push(`${from} → ${to}`))
  }

  /** Begins an operation; what it returns ends it. */
  begin(operation: DiskOperation): (error?: Error) => Promise<void> {
    const working = Promise.withResolvers<void>()
    this.health.watch(operation, () => working.promise).catch(() => {}) // Told to whoever asked for it.
    return async (error) => {
      if (error) working.reject(error)
      else working.resolve()
      await nextTurn()
    }
  }

  /** Syncs one after another for so long, each taking that long, with a pause of the same length. */
  async syncing(forMs: number, eachMs: number): Promise<void> {
    for (let passed = 0; passed < forMs; passed += 2 * eachMs) {
      const end = this.begin('sync')
      this.clock.advance(eachMs)
      await end()
      this.clock.advance(eachMs)
    }
  }
}

const diskError = (code: string): Error => Object.assign(new Error(`${code}: said the disk`), { code })

test('a disk is stuck while an operation hangs, and well again some time after it came back', async () => {
  const disk = new Disk()
  const end = disk.begin('write')
  disk.clock.advance(4_000)
  assert.equal(disk.health.state, 'healthy')
  assert.equal(disk.health.oldestWaitMs(), 4_000)
  disk.clock.advance(1_500)
  assert.equal(disk.health.state, 'stuck')
  assert.match(disk.health.describe().reason, /^a write has been under way for 5\d00 ms$/)
  assert.ok(!disk.health.takesData)
  await end()
  disk.clock.advance(9_000)
  assert.equal(disk.health.state, 'stuck')
  disk.clock.advance(2_000)
  assert.equal(disk.health.state, 'healthy')
  assert.deepEqual(disk.changes, ['healthy → stuck', 'stuck → healthy'])
  assert.deepEqual(disk.lines, ['the disk is stuck', 'the disk is healthy again'])
})

test('operations that come back one after another, each too late, leave it stuck', async () => {
  const disk = new Disk()
  await disk.syncing(60_000, 6_000)
  assert.deepEqual(disk.changes, ['healthy → stuck'])
})

test('a disk is slow once its syncs have been so for a time, and takes data; one slow sync is not enough', async () => {
  const disk = new Disk()
  const end = disk.begin('sync')
  disk.clock.advance(3_000)
  await end()
  await disk.syncing(20_000, 10)
  assert.equal(disk.health.state, 'healthy')
  await disk.syncing(14_000, 300)
  assert.equal(disk.health.state, 'slow')
  assert.ok(disk.health.takesData)
  assert.ok(disk.health.syncMs >= 300 && disk.health.syncMs < 360)
  // Below the limit, though not by much: no flapping.
  await disk.syncing(30_000, 150)
  assert.equal(disk.health.state, 'slow')
  await disk.syncing(20_000, 10)
  assert.deepEqual(disk.changes, ['healthy → slow', 'slow → healthy'])
})

for (const [code, words] of [
  ['EIO', 'the disk reports errors (EIO)'],
  ['ENOSPC', 'the disk is full (ENOSPC)'],
  ['EROFS', 'the file system is read-only (EROFS)'],
] as const) {
  test(`${code} is named at once, and over only when something was synced again and nothing failed for a time`, async () => {
    const disk = new Disk()
    await disk.begin('write')(diskError(code))
    assert.equal(disk.health.state, 'failing')
    assert.equal(disk.health.describe().reason, `${words}, during a write`)
    assert.deepEqual(disk.health.describe().errors, { [code]: 1 })
    disk.clock.advance(60_000)
    assert.equal(disk.health.state, 'failing')
    await disk.begin('sync')()
    disk.clock.advance(5_000)
    await disk.begin('sync')(diskError(code))
    await disk.begin('sync')()
    disk.clock.advance(9_000)
    assert.equal(disk.health.state, 'failing')
    disk.clock.advance(3_000)
    assert.equal(disk.health.state, 'healthy')
  })
}

test('an engine’s error tells the code by number or as its cause; errors of names and of single reads fail nothing', async () => {
  const disk = new Disk()
  await disk.begin('name')(diskError('ENOENT'))
  await disk.begin('read')(diskError('EIO'))
  assert.equal(disk.health.state, 'healthy')
  assert.deepEqual(disk.health.describe().errors, { EIO: 1 })
  await disk.begin('read')(diskError('EIO'))
  assert.deepEqual(disk.lines, ['the disk failed to do what changes nothing'], 'one line for many')
  await disk.begin('sync')(new Error('refused', { cause: Object.assign(new Error('full'), { code: 28 }) }))
  assert.match(disk.health.describe().reason, /ENOSPC/)
})

test('a removal of much and a process that stood still say nothing of the disk', async () => {
  const disk = new Disk()
  const remove = disk.begin('remove')
  disk.clock.advance(60_000)
  assert.equal(disk.health.state, 'healthy')
  await remove()
  const sync = disk.begin('sync')
  // As after SIGSTOP: the timer is late, and the sync's end has yet to be heard of.
  const { clock } = disk
  const monotonic = clock.monotonic.bind(clock)
  clock.monotonic = () => monotonic() + 20_000
  clock.advance(500)
  assert.equal(disk.health.state, 'healthy')
  await sync()
  clock.advance(500)
  assert.equal(disk.health.state, 'healthy')
  // One that is late all the time doesn't keep a disk that hangs from being seen.
  disk.begin('sync')
  let lateMs = 20_000
  clock.monotonic = () => monotonic() + lateMs
  for (let looks = 0; looks < 4; looks++) {
    lateMs += 3_000
    clock.advance(500)
  }
  assert.equal(disk.health.state, 'stuck')
})

test('a disk that is not well is tried, once at a time, and found well though nobody writes', async () => {
  const disk = new Disk()
  let tried = 0
  let works = false
  disk.health.checkWith(async () => {
    tried++
    await disk.health.watch('sync', async () => {
      if (!works) throw diskError('EROFS')
    })
  })
  disk.clock.advance(10_000)
  assert.equal(tried, 0)
  await disk.begin('sync')(diskError('EROFS'))
  const passing = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      disk.clock.advance(500)
      await nextTurn()
    }
  }
  await passing(20_000)
  assert.equal(disk.health.state, 'failing')
  assert.ok(tried >= 8 && tried <= 11, String(tried))
  works = true
  await passing(15_000)
  assert.equal(disk.health.state, 'healthy')
})

test('state, waiting, latencies and errors are told to Prometheus', async () => {
  const disk = new Disk()
  const metrics = new Metrics()
  measureDisk(disk.health, metrics)
  await disk.syncing(1_000, 10)
  await disk.begin('write')(diskError('ENOSPC'))
  disk.begin('read')
  disk.clock.advance(1_000)
  const text = await metrics.text()
  for (const line of [
    'koine_disk_state{state="failing"} 1',
    'koine_disk_state{state="healthy"} 0',
    'koine_disk_oldest_wait_seconds 1',
    'koine_disk_sync_seconds_count 50',
    'koine_disk_errors_total{operation="write",code="ENOSPC"} 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), line)
  }
})
