import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import { numbered, texts } from '../opened-log.ts'
import { objectKey } from './object-format.ts'
import { flipped } from './tampered-blobs.ts'
import { TieredLog } from './tiered-log.ts'

const both = { tiering: { localMs: 3_600_000 } }
const well = { orphans: 0, repaired: 0, lost: [] }

const scrub = async (tiered: TieredLog) => {
  const { segments, ...found } = (await tiered.opened.segments.scrub(tiered.opened.tenant))!
  assert.ok(segments > 0)
  return found
}

/** Of the first object. */
async function change(tiered: TieredLog, to: (bytes: Buffer) => Uint8Array | undefined): Promise<void> {
  const blobs = tiered.stored.forTenant(tiered.opened.tenant)
  const [key] = await tiered.keys()
  const changed = to(Buffer.from((await blobs.get(key!))!))
  if (changed) await blobs.put(key!, changed)
  else await blobs.delete(key!)
}

test('a scrubber finds nothing wrong with a log that is well', async () => {
  await using tiered = await TieredLog.of(20, both)
  await tiered.copied()
  assert.deepEqual(await scrub(tiered), well)
})

test('objects that nothing tells of are deleted, and what is none of the log is left alone', async () => {
  await using tiered = await TieredLog.of(10)
  await tiered.moved()
  const keys = await tiered.keys()
  const blobs = tiered.stored.forTenant(tiered.opened.tenant)
  const foreign = ['log/readme', 'other/0000000000000001-0000000001.segment']
  for (const key of [
    objectKey({ sequence: 1, generation: 9 }),
    objectKey({ sequence: 99, generation: 1 }),
    ...foreign,
  ]) {
    await blobs.put(key, Buffer.from('x'))
  }
  assert.deepEqual(await scrub(tiered), { ...well, orphans: 2 })
  assert.deepEqual(await tiered.keys(), [...keys, ...foreign].sort())
})

for (const [what, to] of [
  ['damaged', flipped],
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 30)],
  ['missing', () => undefined],
] as const) {
  test(`an object that is ${what} is copied again as long as its file is there`, async () => {
    await using tiered = await TieredLog.of(10, both)
    await tiered.copied()
    await change(tiered, to)
    assert.deepEqual(await scrub(tiered), { ...well, repaired: 1 })
    await tiered.copied()
    await until(
      'the broken one is gone',
      async () => (await tiered.keys()).length === (await tiered.usage()).tieredSegments,
    )
    assert.deepEqual(await scrub(tiered), well)
    assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
  })
}

test('a file that is damaged leaves the disk when its object is whole', async () => {
  await using tiered = await TieredLog.of(10, both)
  await tiered.copied()
  const { localSegments } = await tiered.usage()
  const [path] = await tiered.opened.files('.segment')
  await writeFile(path!, flipped(await readFile(path!)))
  assert.deepEqual(await scrub(tiered), { ...well, repaired: 1 })
  assert.equal((await tiered.usage()).localSegments, localSegments - 1)
  assert.deepEqual(await texts(tiered.log, 't'), numbered(10))
})

test('what is damaged and has no other copy is told of, for as long as it is', async () => {
  await using tiered = await TieredLog.of(10)
  await tiered.moved()
  await change(tiered, flipped)
  const { lost, ...found } = await scrub(tiered)
  assert.deepEqual({ ...found, lost: lost.length }, { ...well, lost: 1 })
  assert.match(lost[0]!, /log\/0000000000000001-0000000001.segment, a part of the log, is damaged at byte \d+/)
  assert.equal((await tiered.usage()).damagedSegments, 1)
  await change(tiered, flipped)
  assert.deepEqual(await scrub(tiered), well)
  assert.equal((await tiered.usage()).damagedSegments, 0)
})

test('a blob store that can not be reached is no damage', async () => {
  await using tiered = await TieredLog.of(10)
  await tiered.moved()
  tiered.failing.add('blobs.getRange')
  await assert.rejects(scrub(tiered), { code: 'unavailable' })
  assert.equal((await tiered.usage()).damagedSegments, 0)
})
