import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLog } from './check-log.ts'
import { copiesAreExact, copyOf } from './checks/copies.ts'
import type { logChecks } from './checks/index.ts'
import type { Entry, LogHistory, Outcome, Seen, Sent } from './history.ts'

const seen = (offset: number, value: string, partition = 'p'): Seen => ({ partition, offset, value })
const sent = (value: string, offset?: number, partition = 'p'): Sent => ({ partition, value, offset })
const work = (sends: Sent[], reads: Seen[] = [], outcome: Outcome = 'ok', process = 'a'): Entry => ({
  kind: 'work',
  process,
  outcome,
  sends,
  reads,
})
const poll = (...records: Seen[]): Entry => ({ kind: 'poll', process: 'c', records })
const both = work([sent('x', 0), sent('y', 1)])
const xy = [seen(0, 'x'), seen(1, 'y')]

const good: readonly [what: string, history: LogHistory][] = [
  ['nothing', { entries: [], final: [] }],
  ['what was sent is read', { entries: [both, poll(...xy)], final: xy }],
  ['an unknown outcome that took effect', { entries: [work([sent('x')], [], 'unknown')], final: [seen(0, 'x')] }],
  ['an unknown outcome that did not', { entries: [work([sent('x')], [], 'unknown')], final: [] }],
  ['a failure without effect', { entries: [work([sent('x')], [], 'failed')], final: [] }],
  [
    'a consumer that goes back once it is assigned anew',
    { entries: [both, poll(...xy), { kind: 'reassigned', process: 'c' }, poll(...xy)], final: xy },
  ],
  [
    'offsets with gaps where nothing is',
    {
      entries: [work([sent('x', 0), sent('y', 9)]), poll(seen(0, 'x'), seen(9, 'y'))],
      final: [seen(0, 'x'), seen(9, 'y')],
    },
  ],
  [
    'transactions whose records interleave',
    {
      entries: [work([sent('x', 0), sent('z', 2)]), work([sent('y', 1), sent('w', 3)], [], 'ok', 'b')],
      final: [seen(0, 'x'), seen(1, 'y'), seen(2, 'z'), seen(3, 'w')],
    },
  ],
]

for (const [what, history] of good) {
  test(`a history is good: ${what}`, () => assert.deepEqual(checkLog(history), []))
}

const bad: readonly [check: keyof typeof logChecks, what: string, history: LogHistory][] = [
  ['noLostWrites', 'an acknowledged record is gone', { entries: [both], final: [seen(1, 'y')] }],
  ['noLostWrites', 'one without a known offset is gone', { entries: [work([sent('x')])], final: [] }],
  ['noUnseenWrites', 'the end was cut off', { entries: [both], final: [seen(0, 'x')] }],
  [
    'noAbortedReads',
    'a failed record was read',
    { entries: [work([sent('x')], [], 'failed'), poll(seen(0, 'x'))], final: [] },
  ],
  [
    'noAbortedReads',
    'a failed record is there in the end',
    { entries: [work([sent('x')], [], 'failed')], final: [seen(0, 'x')] },
  ],
  ['noAbortedReads', 'a record came from nowhere', { entries: [], final: [seen(0, 'x')] }],
  [
    'noCircularFlow',
    'two transactions have read each other',
    { entries: [work([sent('x', 0)], [seen(1, 'y')]), work([sent('y', 1)], [seen(0, 'x')], 'ok', 'b')], final: xy },
  ],
  [
    'noDuplicates',
    'a record stands there twice',
    { entries: [work([sent('x', 0)])], final: [seen(0, 'x'), seen(1, 'x')] },
  ],
  [
    'offsetsAreConsistent',
    'readers differ',
    { entries: [work([sent('x', 0)]), work([sent('y', 1)]), poll(seen(0, 'y'))], final: xy },
  ],
  [
    'offsetsAreConsistent',
    'the producer was told another offset',
    { entries: [work([sent('x', 1), sent('y', 0)])], final: xy },
  ],
  [
    'sendsAreMonotonic',
    'a later send got an earlier offset',
    { entries: [work([sent('y', 1)]), work([sent('x', 0)])], final: xy },
  ],
  ['pollsAreMonotonic', 'a consumer went back', { entries: [both, poll(...xy), poll(seen(0, 'x'))], final: xy }],
  ['pollsAreMonotonic', 'a poll goes back within itself', { entries: [both, poll(xy[1]!, xy[0]!)], final: xy }],
  [
    'noSkippedPolls',
    'a consumer left a record out',
    {
      entries: [work([sent('x', 0), sent('y', 1), sent('z', 2)]), poll(seen(0, 'x'), seen(2, 'z'))],
      final: [...xy, seen(2, 'z')],
    },
  ],
]

for (const [check, what, history] of bad) {
  test(`${check} notices that ${what}`, () => {
    assert.ok(
      checkLog(history).some((line) => line.startsWith(`${check}: `)),
      checkLog(history).join('\n'),
    )
  })
}

test('copies are noticed that are missing, doubled or of nothing', () => {
  const copies = copiesAreExact(
    (partition) => partition === 'in',
    (partition) => partition === 'out',
  )
  const violations = (...values: string[]): number => {
    const out = values.map((value, offset) => seen(offset, value, 'out'))
    return [...copies({ entries: [], final: [seen(0, 'x', 'in'), ...out] })].length
  }
  assert.equal(violations(copyOf('x')), 0)
  assert.equal(violations(), 1)
  assert.equal(violations(copyOf('x'), copyOf('x')), 1)
  assert.equal(violations(copyOf('x'), copyOf('y')), 1)
})
