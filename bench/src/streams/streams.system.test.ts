import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peer } from '@koine/base/testing'
import { streamsScenario } from '../scenarios/streams.ts'

const skip = peer('java', 'javac', 'mvn')

test('the comparison with Apache Kafka runs small, and tells both sides', { skip, timeout: 300_000 }, async (t) => {
  const { measures, leftOut } = await streamsScenario({
    runs: 1,
    records: 5_000,
    only: ['produce_os_6p', 'start'],
    small: true,
    progress: (line) => t.diagnostic(line),
  })
  assert.equal(leftOut, undefined)
  assert.deepEqual(
    measures.map(({ id }) => id),
    ['produce_os_6p', 'consume_tail', 'rss', 'start'],
  )
  for (const { id, ours, peer: theirs = Number.NaN, ratio = Number.NaN } of measures) {
    assert.ok(ours > 0 && theirs > 0 && ratio > 0, id)
  }
})
