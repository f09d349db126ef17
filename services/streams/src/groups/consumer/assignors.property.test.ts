import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assignorNames, assignorOf, preferredAssignor } from './assignor.ts'
import { PartitionSet } from './partition-set.ts'

interface Case {
  readonly counts: readonly number[]
  /** Each member's topics, as numbers. */
  readonly members: readonly (readonly number[])[]
}

const topics = 5
const cases = fc.record<Case>({
  counts: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: topics, maxLength: topics }),
  members: fc.array(fc.uniqueArray(fc.nat(topics - 1)), { minLength: 1, maxLength: 8 }),
})

const assign = (name: string, { counts, members }: Case, previous?: ReadonlyMap<string, PartitionSet>) =>
  assignorOf(name)!({
    members: members.map((topicIds, index) => ({
      id: `m${index}`,
      instanceId: null,
      topicIds: topicIds.map((topic) => `t${topic}`).sort(),
      previous: previous?.get(`m${index}`) ?? PartitionSet.empty,
    })),
    partitions: new Map(counts.map((count, topic) => [`t${topic}`, count])),
  })

const loads = (assigned: ReadonlyMap<string, PartitionSet>): number[] => [...assigned.values()].map(({ size }) => size)

for (const name of assignorNames) {
  test(`${name} gives each partition to exactly one member that subscribes to it`, () => {
    fc.assert(
      fc.property(cases, cases, (first, second) => {
        const assigned = assign(name, second, assign(name, first))
        const given = new Set<string>()
        for (const [id, partitions] of assigned) {
          for (const [topicId, partition] of partitions) {
            assert.ok(second.members[Number(id.slice(1))]!.includes(Number(topicId.slice(1))))
            assert.ok(partition < second.counts[Number(topicId.slice(1))]!)
            assert.ok(!given.has(`${topicId}/${partition}`))
            given.add(`${topicId}/${partition}`)
          }
        }
        const readable = second.counts.filter((_, topic) => second.members.some((topics) => topics.includes(topic)))
        assert.equal(
          given.size,
          readable.reduce((sum, count) => sum + count, 0),
        )
      }),
    )
  })

  test(`${name} changes nothing when nothing has changed`, () => {
    fc.assert(
      fc.property(cases, (each) => {
        const first = assign(name, each)
        const second = assign(name, each, first)
        for (const [id, partitions] of first) assert.ok(partitions.equals(second.get(id)!))
      }),
    )
  })
}

test('uniform leaves no member two partitions ahead of another that could read one of them', () => {
  fc.assert(
    fc.property(cases, cases, (first, second) => {
      const assigned = assign('uniform', second, assign('uniform', first))
      const sizes = loads(assigned)
      for (const [index, partitions] of [...assigned.values()].entries()) {
        for (const [topicId] of partitions) {
          for (const [other, topics] of second.members.entries()) {
            if (topics.includes(Number(topicId.slice(1)))) assert.ok(sizes[index]! - sizes[other]! <= 1)
          }
        }
      }
    }),
  )
})

test('uniform moves no more than a newcomer’s share', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 }), (count, size) => {
      const of = (members: number): Case => ({ counts: [count], members: Array.from({ length: members }, () => [0]) })
      const before = assign('uniform', of(size))
      const after = assign('uniform', of(size + 1), before)
      const moved = [...before].reduce((sum, [id, had]) => sum + had.without(after.get(id)!).size, 0)
      assert.equal(moved, after.get(`m${size}`)!.size)
    }),
  )
})

test('range gives members with equal subscriptions the same partitions of equally large topics', () => {
  fc.assert(
    fc.property(fc.nat(12), fc.integer({ min: 1, max: 6 }), (count, size) => {
      const assigned = assign('range', { counts: [count, count], members: Array.from({ length: size }, () => [0, 1]) })
      for (const partitions of assigned.values()) assert.deepEqual([...partitions.of('t0')], [...partitions.of('t1')])
    }),
  )
})

test('the assignor is the one that most members want, and uniform when nobody cares', () => {
  assert.equal(preferredAssignor([null, null]), 'uniform')
  assert.equal(preferredAssignor([null, 'range', null]), 'range')
  assert.equal(preferredAssignor(['uniform', 'range', 'range']), 'range')
})
