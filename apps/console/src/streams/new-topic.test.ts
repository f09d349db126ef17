import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameProblem, partitionsProblem, topicOf } from './new-topic.ts'

test('a topic has a name by the rules of Kafka, outside the platform’s own', () => {
  for (const name of ['orders', 'a.b_c-D9', 'x'.repeat(249)]) assert.equal(nameProblem(name), undefined)
  for (const name of ['', '.', '..', 'a/b', 'ä', 'a b', 'x'.repeat(250), 'koine.mine'])
    assert.ok(nameProblem(name), name)
})

test('a topic has at least one partition', () => {
  assert.equal(partitionsProblem('12'), undefined)
  for (const text of ['', '0', '-1', '1.5', 'x', '12345']) assert.ok(partitionsProblem(text), text)
})

test('how long records are kept becomes settings', () => {
  assert.deepEqual(topicOf({ name: 'a', partitions: '3', keeps: 'compact' }), {
    name: 'a',
    partitions: 3,
    settings: { 'cleanup.policy': 'compact' },
  })
})
