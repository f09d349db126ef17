import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytewise } from '@koine/stores-ports'
import fc from 'fast-check'
import { decodeItem, encodeItem, partitionOf, skOf, sortKeyOf } from './item.ts'

const part = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0'))

test('sort keys come back as they were and sort as their UTF-8 bytes, the empty one first', () => {
  fc.assert(
    fc.property(part, part, (a, b) => {
      assert.equal(skOf({ s: sortKeyOf(a) }), a)
      assert.equal(Math.sign(Buffer.compare(sortKeyOf(a).B, sortKeyOf(b).B)), Math.sign(compareBytewise(a, b)))
    }),
  )
})

test('no two groups share a partition key, and none is one of the outbox', () => {
  fc.assert(
    fc.property(part, part, part, part, (table, pk, otherTable, otherPk) => {
      const isSame = table === otherTable && pk === otherPk
      assert.equal(partitionOf({ table, pk }).S === partitionOf({ table: otherTable, pk: otherPk }).S, isSame)
      assert.match(partitionOf({ table, pk }).S, /^\d/)
    }),
  )
})

test('a record comes back as it was, with the stamp of its write', () => {
  const state = { attributes: { text: 'a', bytes: Uint8Array.of(1) }, version: 3, expiresAtMs: 1234 }
  const item = encodeItem({ table: 't', pk: 'p', sk: '' }, state, 'stamp')
  assert.deepEqual(decodeItem(item), { ...state, stamp: 'stamp' })
  assert.deepEqual(item.t, { N: '2' }, 'rounded up, so that nothing goes ahead of its time')
})
