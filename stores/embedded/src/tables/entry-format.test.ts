import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { open } from 'lmdb'
import { LmdbTables } from './lmdb-tables.ts'

/** Keys and values as bytes, as format 1 lays them out: written down here, not made by the code under test. */
const format1: readonly (readonly [key: string, value: string])[] = [
  // The number 1.
  ['\0mformat', '01'],
  // The number 7.
  ['\0mevents', '07'],
  // ["evt_1", "topic", "k", "{}"]
  ['\0o0000000000000007', '94a56576745f31a5746f706963a16ba27b7d'],
  // [3, {"text": "κ", "n": 1.5, "bytes": 0x0102, "list": [null, true, -1]}]
  ['things\0group\0a', '920384a474657874a2cebaa16ecb3ff8000000000000a56279746573c4020102a46c69737493c0c3ff'],
  // [1, {}, 4102444800000]
  ['things\0group\0\u{1f30d}', '930180cb428dd9661ec00000'],
  // true
  ['\0e0004102444800000things\0group\0\u{1f30d}', 'c3'],
]

async function write(directory: string, entries: typeof format1): Promise<void> {
  await mkdir(directory, { recursive: true })
  const database = open<Buffer, Buffer>({
    path: directory,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  })
  for (const [key, value] of entries) await database.put(Buffer.from(key), Buffer.from(value, 'hex'))
  await database.close()
}

test('format 1 is read as it was laid down', async () => {
  await using place = temporaryDirectory()
  await write(join(place.path, 'control'), format1)
  await using tables = new LmdbTables({ directory: place.path, clock: systemClock })
  const { records } = await tables.control.query({ table: 'things', pk: 'group', limit: 10 })
  assert.deepEqual(
    records.map(({ key, version, expiresAtMs }) => [key.sk, version, expiresAtMs]),
    [
      ['a', 3, undefined],
      ['\u{1f30d}', 1, 4102444800000],
    ],
  )
  const { bytes, ...others } = records[0]!.attributes
  assert.deepEqual([...(bytes as Uint8Array)], [1, 2])
  assert.deepEqual(others, { text: 'κ', n: 1.5, list: [null, true, -1] })
  assert.deepEqual(await tables.control.outbox.pending(10), [
    { id: 'evt_1', topic: 'topic', key: 'k', body: '{}', position: '0000000000000007' },
  ])
})

/** What format 2 adds but for the generation of the journal that is wholly here: its generations begin anywhere. */
const format2: typeof format1 = [...format1.slice(1), ['\0mformat', '02']]

test('format 2 is written as it is laid down', async () => {
  await using place = temporaryDirectory()
  const tables = new LmdbTables({ directory: place.path, clock: systemClock })
  const [at, event] = [
    { table: 'things', pk: 'group', sk: 'a' },
    { id: 'evt_1' as never, topic: 'topic', key: 'k', body: '{}' },
  ]
  const attributes = { text: 'κ', n: 1.5, bytes: Uint8Array.of(1, 2), list: [null, true, -1] }
  await tables.control.write({ operations: [{ put: at, attributes }] })
  await tables.control.write({ operations: [{ put: at, attributes }] })
  await tables.control.write({ operations: [{ put: at, attributes }], events: Array.from({ length: 7 }, () => event) })
  await tables.control.write({
    operations: [{ put: { ...at, sk: '\u{1f30d}' }, attributes: {}, expiresAtMs: 4102444800000 }],
  })
  await tables.control.outbox.remove(await tables.control.outbox.pending(6))
  await tables[Symbol.asyncDispose]()
  const database = open<Buffer, Buffer>({
    path: join(place.path, 'control'),
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  })
  const found = Array.from(database.getRange({ start: Buffer.of(0) }))
  await database.close()
  const asText = new Map(found.map(({ key, value }) => [key.toString(), value.toString('hex')] as const))
  // A uint32, though a small one is shorter.
  assert.match(asText.get('\0mjournal')!, /^(ce.{8}|cd.{4}|cc..|..)$/)
  asText.delete('\0mjournal')
  assert.deepEqual(asText, new Map(format2))
})

test('what is written and read is nobody else’s, also bytes in a Buffer, whose slices share its memory', async () => {
  await using place = temporaryDirectory()
  const tables = new LmdbTables({ directory: place.path, clock: systemClock })
  const key = { table: 't', pk: 'p', sk: '' }
  const heldAs = async (tablesNow: LmdbTables) =>
    Buffer.from((await tablesNow.control.get(key))!.attributes.b as Buffer)
  await tables.control.write({ operations: [{ put: { ...key, sk: 'opened' }, attributes: {} }] })
  const given = Buffer.from('hello')
  await tables.control.write({ operations: [{ put: key, attributes: { b: given } }] })
  given.fill('x')
  assert.equal(String(await heldAs(tables)), 'hello')
  const { attributes } = (await tables.control.get(key))!
  ;(attributes.b as Buffer).fill('y')
  assert.equal(String(await heldAs(tables)), 'hello')
  await tables[Symbol.asyncDispose]()
  await using again = new LmdbTables({ directory: place.path, clock: systemClock })
  assert.equal(String(await heldAs(again)), 'hello')
})

test('a later format is refused', async () => {
  await using place = temporaryDirectory()
  await write(join(place.path, 'control'), [['\0mformat', '03']])
  await using tables = new LmdbTables({ directory: place.path, clock: systemClock })
  await assert.rejects(tables.control.get({ table: 'a', pk: 'b', sk: '' }), {
    code: 'unavailable',
    message: /newer version/,
  })
})

test('the number of an event is never used again, though the outbox was emptied and the tables closed', async () => {
  await using place = temporaryDirectory()
  const positions: string[] = []
  for (let round = 0; round < 3; round++) {
    await using tables = new LmdbTables({ directory: place.path, clock: systemClock })
    await tables.control.write({ operations: [], events: [{ id: 'evt_1' as never, topic: 't', key: 'k', body: '{}' }] })
    const pending = await tables.control.outbox.pending(10)
    positions.push(...pending.map(({ position }) => position))
    await tables.control.outbox.remove(pending)
  }
  assert.deepEqual(positions, ['0000000000000001', '0000000000000002', '0000000000000003'])
})
