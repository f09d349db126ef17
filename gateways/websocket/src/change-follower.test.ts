import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConversationId, conversationIds, seededRandomness, systemClock } from '@koine/base'
import { until } from '@koine/base/testing'
import type { Change, ChangeCursor } from '@koine/services-messaging'
import { ChangeFollower } from './change-follower.ts'

const id: ConversationId = conversationIds.make({ clock: systemClock, randomness: seededRandomness(1) })
const change = (position: number, from: number, to = from): Change => ({
  position,
  conversationId: id,
  from,
  to,
  isNew: false,
})

/** A follower from position 0, what it gave, and where its client was told to be. */
function following(last: () => number = () => 0) {
  const given: number[] = []
  const told: number[] = []
  const held = { until: Promise.resolve() }
  const follower = new ChangeFollower(
    { position: 0, seq: 0 },
    {
      give: async (from: ChangeCursor) => {
        given.push(from.position)
        await held.until
        return { cursor: { position: last(), seq: 0 }, hasMore: false }
      },
      onCursor: ({ position }) => told.push(position),
      onFailure: (thrown) => assert.fail(String(thrown)),
    },
  )
  return { follower, given, told, held }
}

test('what was pushed live is not read again', () => {
  const { follower, given, told } = following()
  for (let seq = 1; seq <= 5; seq++) follower.pushed(id, seq)
  follower.heard([change(1, 1, 2), change(2, 3)])
  follower.heard([change(3, 4, 5)])
  assert.deepEqual(given, [])
  assert.deepEqual(told, [1, 2, 3])
})

test('what was lost is given: a message, the first of several, and a whole telling', async () => {
  for (const pushed of [[], [2], [1, 3]]) {
    const { follower, given, told } = following(() => 1)
    for (const seq of pushed) follower.pushed(id, seq)
    follower.heard([change(1, 1, 3)])
    await until('it is given', () => told.length > 0)
    assert.deepEqual([given, told], [[0], [1]])
  }
  const { follower, given, told } = following(() => 2)
  follower.pushed(id, 2)
  follower.heard([change(2, 2)])
  await until('it is given', () => told.length > 0)
  assert.deepEqual([given, told], [[0], [2]])
})

test('what is heard while something is given is looked at behind it', async () => {
  let last = 1
  const { follower, given, told, held } = following(() => last)
  const { promise, resolve } = Promise.withResolvers<void>()
  held.until = promise
  follower.heard([change(1, 1)])
  follower.pushed(id, 2)
  follower.heard([change(2, 2)])
  last = 2
  resolve()
  await until('it is given', () => told.length === 2)
  assert.deepEqual(given, [0, 2])
  follower.heard([change(2, 2)])
  assert.deepEqual(given, [0, 2])
})

test('a conversation that is new is behind the client once it was pushed itself, and given where it was not', async () => {
  const isNew = { ...change(1, 1, 2), isNew: true }
  const pushed = following()
  for (const seq of [0, 1, 2]) pushed.follower.pushed(id, seq)
  pushed.follower.heard([isNew])
  assert.deepEqual([pushed.given, pushed.told], [[], [1]])
  const lost = following(() => 1)
  for (const seq of [1, 2]) lost.follower.pushed(id, seq)
  lost.follower.heard([isNew])
  await until('it is given', () => lost.told.length > 0)
  assert.deepEqual(lost.given, [0])
})

test('nothing more is read, and no cursor told, for a client that is gone', async () => {
  let given = 0
  let last = 0
  const follower: ChangeFollower = new ChangeFollower(
    { position: 0, seq: 0 },
    {
      give: async ({ position }) => {
        if (++given === 2) follower.stop()
        return { cursor: { position: position + 1, seq: 0 }, hasMore: given < 100 }
      },
      onCursor: ({ position }) => (last = position),
      onFailure: (thrown) => assert.fail(String(thrown)),
    },
  )
  follower.heard([change(1, 1)])
  await until('it has given', () => given >= 2)
  await new Promise(setImmediate)
  follower.heard([change(500, 1)])
  assert.deepEqual([given, last], [2, 1])
})
