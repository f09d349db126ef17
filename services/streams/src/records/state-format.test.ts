import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SavedState } from './partition-state.ts'
import { decodeAborted, decodeState, encodeAborted, encodeState } from './state-format.ts'

const state: SavedState = {
  appliedTo: 2 ** 40 + 3,
  producers: [
    {
      producerId: 7,
      epoch: 32_767,
      coordinatorEpoch: -1,
      seenAtMs: 1_700_000_000_000,
      sent: [{ baseSequence: 2 ** 31 - 1, recordCount: 2, baseOffset: 2 ** 40 + 1, timestampMs: -1 }],
    },
    { producerId: 8, epoch: 0, coordinatorEpoch: 5, seenAtMs: 0, sent: [] },
  ],
  openTransactions: new Map([[7, 2 ** 40 + 1]]),
}
const aborted = [{ producerId: 7, firstOffset: 1, lastOffset: 5, stableOffset: 6 }]

/** As they were written once. */
const keptState =
  '01427000000000300000000002' +
  '401c0000000000007fffffffffff4278bcfe56800000427000000000100001' +
  '7fffffff000000024270000000001000bff0000000000000' +
  '40200000000000000000000000050000000000000000bff000000000000000'
const keptAborted = '01401c0000000000003ff000000000000040140000000000004018000000000000'

test('a state of version 1 reads as it was written once, and is written so', () => {
  assert.equal(Buffer.from(encodeState(state)).toString('hex'), keptState)
  assert.deepEqual(decodeState(Buffer.from(keptState, 'hex')), state)
})

test('aborted transactions of version 1 read as they were written once, and are written so', () => {
  assert.equal(Buffer.from(encodeAborted(aborted)).toString('hex'), keptAborted)
  assert.deepEqual(decodeAborted(Buffer.from(keptAborted, 'hex')), aborted)
})

test('a later version is not taken for this one', () => {
  const later = Buffer.from(keptState, 'hex')
  later[0] = 2
  assert.throws(() => decodeState(later), { code: 'internal' })
})
