import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness } from '@koine/base'
import fc from 'fast-check'
import { backoffMs, dueAtMsOf, dueBefore, FairTurns, JobPlaces } from './queue-scheduling.ts'

/** Starts one job at a time and returns whose they were. */
function start(turns: FairTurns<string>, backlogs: Map<string, number>, count: number): string {
  let started = ''
  for (let i = 0; i < count; i++) {
    const turn = turns.take(1)
    if (!turn) break
    started += turn.member
    backlogs.set(turn.member, backlogs.get(turn.member)! - 1)
    turns.settle(turn.member, backlogs.get(turn.member)! > 0)
  }
  return started
}

function waiting(backlogs: { [member: string]: number }, weights: { [member: string]: number } = {}) {
  const turns = new FairTurns<string>((member) => weights[member] ?? 1)
  for (const member of Object.keys(backlogs)) turns.join(member)
  return { turns, backlogs: new Map(Object.entries(backlogs)) }
}

test('members of equal weight take turns', () => {
  const { turns, backlogs } = waiting({ a: 4, b: 2, c: 3 })
  assert.equal(start(turns, backlogs, 20), 'abcabcaca')
})

test('a weight is a number of jobs in a row', () => {
  const { turns, backlogs } = waiting({ a: 5, b: 3, c: 2 }, { a: 3, b: 0.5 })
  assert.equal(start(turns, backlogs, 20), 'aaabcaabcb')
})

test('who comes back at once waits behind those who were waiting', () => {
  const { turns, backlogs } = waiting({ a: 1, b: 1 })
  assert.equal(turns.take(1)?.member, 'a')
  turns.join('a')
  turns.settle('a', false)
  backlogs.set('a', 1)
  assert.equal(start(turns, backlogs, 3), 'ba')
})

test('who waits alone gets all the room, and who does not only its weight', () => {
  const { turns } = waiting({ a: 100, b: 100 }, { a: 2 })
  assert.deepEqual(turns.take(10), { member: 'a', jobs: 2 })
  assert.deepEqual(turns.take(8), { member: 'b', jobs: 8 })
  assert.equal(turns.take(0), undefined)
})

test('no backlog delays another member by more than one turn of its weight', () => {
  const backlog = fc.record({ size: fc.integer({ min: 1, max: 50 }), weight: fc.integer({ min: 1, max: 5 }) })
  fc.assert(
    fc.property(fc.array(backlog, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 60 }), (others, ahead) => {
      const weights = Object.fromEntries(others.map(({ weight }, i) => [`${i}`, weight]))
      const sizes = Object.fromEntries(others.map(({ size }, i) => [`${i}`, size]))
      const { turns, backlogs } = waiting(sizes, weights)
      start(turns, backlogs, ahead)
      turns.join('late')
      backlogs.set('late', 1)
      const before = start(turns, backlogs, 1000).split('late')[0]!
      for (const [member, weight] of Object.entries(weights)) {
        assert.ok(before.split(member).length - 1 <= weight, `${member} started ${before}`)
      }
    }),
  )
})

test('backoff grows by its factor to its bound, with up to half taken off', () => {
  const backoff = { firstMs: 100, factor: 2, maxMs: 1000 }
  const randomness = seededRandomness(1)
  for (const [attempt, fullMs] of [
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1000],
    [5000, 1000],
  ] as const) {
    for (let i = 0; i < 100; i++) {
      const waitMs = backoffMs(backoff, attempt, randomness)
      assert.ok(waitMs >= fullMs / 2 && waitMs <= fullMs, `${attempt}: ${waitMs}`)
    }
  }
})

test('places sort by priority and time, and equal times by when they were made', () => {
  const places = new JobPlaces()
  const made = [places.waiting(9, 2000), places.waiting(9, 2000), places.waiting(0, 5), places.waiting(0, 1e12)]
  assert.deepEqual(made.toSorted(), made)
  const timed = places.timed(1234)
  assert.equal(dueAtMsOf(timed), 1234)
  assert.ok(timed < dueBefore(1234) && timed > dueBefore(1233))
})
