import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, systemClock, tenantIds } from '@koine/base'
import { MemoryTables } from '@koine/stores-ports/memory'
import { idSource } from './opened-log.ts'
import { dropMarks, PartitionMarks } from './partition-marks.ts'

let isFailing = false
const faults = {
  before: async (operation: string): Promise<void> => {
    if (isFailing) throw new Error('The tables failed.')
    if (operation === 'tables.write') await sleep(systemClock, 1)
  },
  after: () => {},
}
const allLive = () => true

test('marks that are raised at once, and while others are written, never go back', async () => {
  const tables = new MemoryTables({ clock: systemClock, faults }).forTenant(tenantIds.make(idSource))
  const marks = await PartitionMarks.load(tables, allLive)
  const first = marks.raise(7, { startOffset: 10 })
  await Promise.resolve()
  await Promise.resolve()
  await Promise.all([
    first,
    marks.raise(7, { startOffset: 5 }),
    marks.raise(7, { compactedTo: 3 }),
    marks.raise(8, { compactedTo: 4 }),
  ])
  await marks.raise(8, { compactedTo: 2 })
  const again = await PartitionMarks.load(tables, allLive)
  for (const each of [marks, again]) {
    assert.deepEqual(
      [7, 8, 9].map((number) => each.startOffset(number)),
      [10, 0, 0],
    )
    assert.deepEqual(
      [7, 8, 9].map((number) => each.gapsBefore(number)),
      [10, 4, 0],
    )
    assert.deepEqual([...each.started()], [7])
  }
})

test('a mark that could not be written does not count, and the next one does', async () => {
  const tables = new MemoryTables({ clock: systemClock, faults }).forTenant(tenantIds.make(idSource))
  const marks = await PartitionMarks.load(tables, allLive)
  isFailing = true
  await assert.rejects(marks.raise(1, { startOffset: 9 }), /The tables failed/)
  isFailing = false
  assert.equal(marks.startOffset(1), 0)
  await marks.raise(1, { startOffset: 4 })
  assert.equal((await PartitionMarks.load(tables, allLive)).startOffset(1), 4)
})

test('marks of partitions that are no more are dropped, in as many writes as it takes', async () => {
  const tables = new MemoryTables({ clock: systemClock, faults }).forTenant(tenantIds.make(idSource))
  const marks = await PartitionMarks.load(tables, allLive)
  await Promise.all(Array.from({ length: 250 }, (_, number) => marks.raise(number, { startOffset: 1 })))
  const onlyOdd = await PartitionMarks.load(tables, (number) => number % 2 === 1)
  assert.equal([...onlyOdd.started()].length, 125)
  assert.equal([...(await PartitionMarks.load(tables, allLive)).started()].length, 125)
  await dropMarks(tables)
  assert.deepEqual([...(await PartitionMarks.load(tables, allLive)).started()], [])
})
