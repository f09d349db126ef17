import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Logger, silentLogger } from '@koine/base'
import { ManualClock, temporaryDirectory } from '@koine/base/testing'
import { DiskSpace, spaceOf } from './disk-space.ts'

test('the room of a real disk is told', async () => {
  await using place = temporaryDirectory()
  const { freeBytes, totalBytes } = await spaceOf(place.path)
  assert.ok(totalBytes > 0 && freeBytes <= totalBytes)
})

test('a disk that is almost full is told of once, and once when it no longer is', async () => {
  const clock = new ManualClock()
  const lines: string[] = []
  const write = (_: object, message: string): void => void lines.push(message)
  const logger: Logger = { ...silentLogger, info: write, warn: write }
  let freeBytes: number | undefined = 50
  using disk = new DiskSpace({
    clock,
    logger,
    measure: async () => {
      if (freeBytes === undefined) throw new Error('unknown')
      return { freeBytes, totalBytes: 1_000 }
    },
  })
  for (const free of [50, 49, 10, 60, undefined, 80, 90]) {
    freeBytes = free
    clock.advance(10_000)
    await nextTurn()
    assert.equal(disk.space?.freeBytes, free)
  }
  assert.deepEqual(lines, ['the disk is almost full', 'there is room on the disk again'])
})
