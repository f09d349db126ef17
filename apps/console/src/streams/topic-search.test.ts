import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTopicSearch, startOf } from './topic-search.ts'

test('an address says where the list begins', () => {
  const starts: readonly (readonly [Record<string, unknown>, object])[] = [
    [{}, { kind: 'newest' }],
    [{ from: 'oldest' }, { kind: 'oldest' }],
    [
      { from: 12, partition: 0 },
      { kind: 'offset', offset: 12 },
    ],
    [{ at: '2026-03-09T08:00:00Z' }, { kind: 'time', at: '2026-03-09T08:00:00Z' }],
  ]
  for (const [search, start] of starts) assert.deepEqual(startOf(parseTopicSearch(search)), start)
})

test('what makes no sense in an address is left out', () => {
  const nonsense = { tab: 'x', from: -1, at: 'soon', partition: '0', as: 'xml', live: 'yes', record: '1' }
  assert.deepEqual(parseTopicSearch(nonsense), {})
})
