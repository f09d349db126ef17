import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import {
  FetchSessions,
  FetchSessionSpace,
  type FetchTurn,
  type PartitionNews,
  type SoughtPartition,
} from './fetch-sessions.ts'

const noId = '0'.repeat(32)
const sought = (partition: number, fetchOffset = 0): SoughtPartition => ({
  topic: 'log',
  topicId: noId,
  partition,
  fetchOffset,
  partitionMaxBytes: 1_000,
  currentLeaderEpoch: -1,
})
const quiet: PartitionNews = { errorCode: errorCodes.NONE, highWatermark: 5, logStartOffset: 0, hasRecords: false }

const sessions = (partitions = 100): FetchSessions =>
  new FetchSessions(new FetchSessionSpace(partitions), seededRandomness(1))

function turnOf(outcome: ReturnType<FetchSessions['begin']>): FetchTurn {
  assert.ok(outcome.ok)
  return outcome
}

const partitionsOf = (turn: FetchTurn): number[] => turn.sought.map(({ partition }) => partition)

function open(held: FetchSessions, ...partitions: SoughtPartition[]): number {
  const turn = turnOf(held.begin({ sessionId: 0, sessionEpoch: 0, sought: partitions, forgotten: [] }))
  assert.notEqual(turn.sessionId, 0)
  for (const each of turn.sought) assert.ok(turn.isNews(each, quiet))
  return turn.sessionId
}

test('a session remembers partitions, takes changes to them and forgets those that it is told to', () => {
  const held = sessions()
  const sessionId = open(held, sought(0), sought(1))
  const first = turnOf(held.begin({ sessionId, sessionEpoch: 1, sought: [sought(1, 7), sought(2)], forgotten: [] }))
  assert.deepEqual(
    first.sought.map(({ partition, fetchOffset }) => [partition, fetchOffset]),
    [
      [0, 0],
      [1, 7],
      [2, 0],
    ],
  )
  const second = turnOf(held.begin({ sessionId, sessionEpoch: 2, sought: [], forgotten: [sought(0)] }))
  assert.deepEqual(partitionsOf(second), [1, 2])
})

test('only partitions with news are answered after the first fetch', () => {
  const held = sessions()
  const sessionId = open(held, sought(0))
  const hears = (epoch: number, news: Partial<typeof quiet>): boolean => {
    const turn = turnOf(held.begin({ sessionId, sessionEpoch: epoch, sought: [], forgotten: [] }))
    return turn.isNews(turn.sought[0]!, { ...quiet, ...news })
  }
  assert.equal(hears(1, {}), false)
  assert.equal(hears(2, { hasRecords: true }), true)
  assert.equal(hears(3, { highWatermark: 6 }), true)
  assert.equal(hears(4, { highWatermark: 6 }), false)
  assert.equal(hears(5, { highWatermark: 6, logStartOffset: 1 }), true)
  assert.equal(hears(6, { errorCode: errorCodes.UNKNOWN_TOPIC_ID }), true)
  assert.equal(hears(7, { highWatermark: 6, logStartOffset: 1 }), true, 'that the failure is over is news')
  assert.equal(hears(8, { highWatermark: 6, logStartOffset: 1 }), false)
})

test('a partition that had records is read after the others the next time', () => {
  const held = sessions()
  const sessionId = open(held, sought(0), sought(1))
  const turn = turnOf(held.begin({ sessionId, sessionEpoch: 1, sought: [], forgotten: [] }))
  turn.isNews(turn.sought[0]!, { ...quiet, hasRecords: true })
  turn.isNews(turn.sought[1]!, quiet)
  const next = turnOf(held.begin({ sessionId, sessionEpoch: 2, sought: [], forgotten: [] }))
  assert.deepEqual(partitionsOf(next), [1, 0])
})

test('an unknown session, one that was ended, and a wrong epoch are refused', () => {
  const held = sessions()
  const sessionId = open(held, sought(0))
  const code = (id: number, sessionEpoch: number): number => {
    const outcome = held.begin({ sessionId: id, sessionEpoch, sought: [], forgotten: [] })
    return outcome.ok ? 0 : outcome.errorCode
  }
  assert.equal(code(sessionId + 1, 1), errorCodes.FETCH_SESSION_ID_NOT_FOUND)
  assert.equal(code(sessionId, 2), errorCodes.INVALID_FETCH_SESSION_EPOCH)
  assert.equal(code(sessionId, 1), 0)
  assert.equal(code(sessionId, 1), errorCodes.INVALID_FETCH_SESSION_EPOCH, 'an epoch is used once')
  assert.equal(code(sessionId, -1), 0)
  assert.equal(code(sessionId, 2), errorCodes.FETCH_SESSION_ID_NOT_FOUND)
})

test('where there is no space for a session, fetches are full ones, and space comes back', () => {
  const space = new FetchSessionSpace(2)
  const one = new FetchSessions(space, seededRandomness(1))
  const other = new FetchSessions(space, seededRandomness(2))
  const sessionId = open(one, sought(0), sought(1))
  const opening = { sessionId: 0, sessionEpoch: 0, sought: [sought(0)], forgotten: [] }
  assert.equal(turnOf(other.begin(opening)).sessionId, 0)
  const grown = one.begin({ sessionId, sessionEpoch: 1, sought: [sought(2)], forgotten: [] })
  assert.ok(!grown.ok, 'a session that outgrows the space ends')
  assert.notEqual(turnOf(other.begin(opening)).sessionId, 0)
  other[Symbol.dispose]()
  open(one, sought(0), sought(1))
})

test('a connection holds few sessions: the one longest unused goes', () => {
  const held = sessions()
  const ids = Array.from({ length: 5 }, (_, partition) => open(held, sought(partition)))
  const isThere = (sessionId: number): boolean =>
    held.begin({ sessionId, sessionEpoch: 1, sought: [], forgotten: [] }).ok
  assert.deepEqual(ids.map(isThere), [false, true, true, true, true])
})
