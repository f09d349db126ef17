import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pendingOffsetAttributes, pendingOffsetRecordKey, readPendingOffset } from './pending-offsets.ts'
import type { Transaction } from './transaction.ts'
import { readTransaction, transactionAttributes, transactionKey } from './transaction-records.ts'

const stored = {
  format: 1,
  state: 'Ongoing',
  producerId: 7,
  producerEpoch: 3,
  lastProducerId: 7,
  lastProducerEpoch: 2,
  timeoutMs: 60_000,
  topics: [
    { topic: 'a', partitions: [0, 4] },
    { topic: 'b', partitions: [1] },
  ],
  groups: ['g'],
  startedAtMs: 10,
  updatedAtMs: 20,
}

const transaction: Transaction = {
  transactionalId: 'tx',
  state: 'Ongoing',
  producerId: 7,
  producerEpoch: 3,
  lastProducerId: 7,
  lastProducerEpoch: 2,
  timeoutMs: 60_000,
  partitions: new Map([
    ['a/0', { topic: 'a', partition: 0 }],
    ['a/4', { topic: 'a', partition: 4 }],
    ['b/1', { topic: 'b', partition: 1 }],
  ]),
  groups: new Set(['g']),
  startedAtMs: 10,
  updatedAtMs: 20,
}

test('a transaction’s record is of format 1', () => {
  assert.deepEqual(transactionKey('tx'), { table: 'streams.transactions', pk: 'ids', sk: 'tx' })
  assert.deepEqual(transactionAttributes(transaction), stored)
  assert.deepEqual(readTransaction('tx', stored), transaction)
})

test('a pending offset’s record is of format 1', () => {
  const offset = {
    group: 'g',
    topic: 'a',
    topicId: 'id',
    partition: 4,
    offset: 9,
    leaderEpoch: 0,
    metadata: 'm',
    committedAtMs: 5,
  }
  assert.deepEqual(pendingOffsetRecordKey(7, offset), { table: 'streams.transactions', pk: 'offsets/7', sk: 'a/4/g' })
  assert.deepEqual(pendingOffsetAttributes(offset), { format: 1, ...offset })
  assert.deepEqual(readPendingOffset({ format: 1, ...offset }), offset)
})

test('records of a format from the future are not guessed at', () => {
  assert.throws(() => readTransaction('tx', { ...stored, format: 2 }), /format/)
  assert.throws(() => readPendingOffset({ format: 2 }), /format/)
})
