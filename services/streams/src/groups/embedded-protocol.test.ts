import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assignmentBytes, subscriptionBytes } from '../testing/group-client.ts'
import { assignedPartitions, subscribedTopics } from './embedded-protocol.ts'

test('subscriptions and assignments of consumers are read, whatever version they are of', () => {
  assert.deepEqual(subscribedTopics(subscriptionBytes('orders', 'returns')), ['orders', 'returns'])
  assert.deepEqual(subscribedTopics(Buffer.concat([subscriptionBytes('orders'), Buffer.from('more')])), ['orders'])
  assert.deepEqual(assignedPartitions(assignmentBytes({ orders: [0, 2] })), [
    { topic: 'orders', partition: 0 },
    { topic: 'orders', partition: 2 },
  ])
  assert.deepEqual(assignedPartitions(new Uint8Array(0)), [])
})

test('what isn’t in that layout is nothing, and costs nothing', () => {
  assert.equal(subscribedTopics(Buffer.from('hello there')), undefined)
  assert.equal(subscribedTopics(new Uint8Array(0)), undefined)
  assert.equal(assignedPartitions(Buffer.from([0, 0, 0x7f, 0xff, 0xff, 0xff])), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      subscribedTopics(bytes)
      assignedPartitions(bytes)
    }),
  )
})

test('no part of a whole one is taken for one', () => {
  const bytes = assignmentBytes({ orders: [0, 2], returns: [1] })
  const withoutUserData = bytes.length - 4
  for (let length = 1; length < withoutUserData; length++) {
    assert.equal(assignedPartitions(bytes.subarray(0, length)), undefined)
  }
})
