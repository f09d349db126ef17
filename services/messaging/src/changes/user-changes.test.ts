import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConversationId, conversationIds, seededRandomness, type UserId, userIds } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import { Fixture, openMemory } from '../testing/messaging-fixture.ts'
import { decodeChangeCursor, encodeChangeCursor } from './cursor.ts'
import { UserChanges } from './user-changes.ts'

const source = { clock: openMemory().clock, randomness: seededRandomness(5) }
const [one, other] = [conversationIds.make(source), conversationIds.make(source)]
const reached = (...pairs: readonly [ConversationId, number][]) => new Map(pairs)

async function withChanges(
  changesMax: number,
  body: (changes: UserChanges, scope: TenantScope, user: UserId) => Promise<void>,
): Promise<void> {
  await using fixture = new Fixture(openMemory())
  const { clock, randomness, acme, asha } = fixture
  await body(new UserChanges({ clock, randomness, changesMax }), acme, asha)
}

test('a log is told ranges: what was told before is not told again', () =>
  withChanges(100, async (changes, scope, user) => {
    await changes.tell(scope, user, reached([one, 0]))
    await changes.tell(scope, user, reached([one, 3], [other, 2]))
    assert.deepEqual(await changes.tell(scope, user, reached([one, 3], [other, 1])), [])
    await changes.tell(scope, user, reached([one, 4]))
    const page = await changes.since(scope, user, 0, 10)
    assert.deepEqual(
      page.changes.map(({ position, conversationId, from, to }) => [position, conversationId === one, from, to]),
      [
        [1, true, 1, 0],
        [2, true, 1, 3],
        [3, false, 1, 2],
        [4, true, 4, 4],
      ],
    )
    assert.deepEqual([page.position, page.hasMore], [4, false])
    assert.deepEqual((await changes.since(scope, user, 2, 1)).hasMore, true)
    assert.deepEqual((await changes.since(scope, user, 4, 1)).changes, [])
  }))

test('many that tell at once make one order without gaps, each change once', () =>
  withChanges(10_000, async (changes, scope, user) => {
    const conversations = Array.from({ length: 70 }, () => conversationIds.make(source))
    const tellings = Array.from({ length: 4 }, (_, at) =>
      changes.tell(scope, user, new Map(conversations.map((id) => [id, 1 + (at % 2)]))),
    )
    await Promise.all(tellings)
    const page = await changes.since(scope, user, 0, 1000)
    assert.deepEqual(
      page.changes.map(({ position }) => position),
      page.changes.map((_, at) => at + 1),
    )
    for (const id of conversations) {
      const own = page.changes.filter((change) => change.conversationId === id)
      assert.deepEqual(
        own.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)),
        [1, 2],
      )
    }
  }))

test('a log keeps its newest changes; a position before them, or behind the end, is refused', () =>
  withChanges(20, async (changes, scope, user) => {
    for (let seq = 1; seq <= 200; seq++) await changes.tell(scope, user, reached([one, seq]))
    await assert.rejects(changes.since(scope, user, 100, 10), { code: 'not_found' })
    await assert.rejects(changes.since(scope, user, 201, 10), { code: 'invalid_request' })
    const page = await changes.since(scope, user, 180, 100)
    assert.equal(page.changes.length, 20)
    const held = await scope.tables.query({ table: 'user-changes', pk: user, limit: 1000 })
    assert.equal(held.records.length, 20)
  }))

test('a cursor is its user’s alone', () => {
  const [asha, ben] = [userIds.make(source), userIds.make(source)]
  const cursor = { position: 41, seq: 7 }
  assert.deepEqual(decodeChangeCursor(asha, encodeChangeCursor(asha, cursor)), cursor)
  for (const text of [encodeChangeCursor(ben, cursor), '', 'MQ', 'ÿ', `${encodeChangeCursor(asha, cursor)}AA`]) {
    assert.throws(() => decodeChangeCursor(asha, text), { code: 'invalid_request' })
  }
})
