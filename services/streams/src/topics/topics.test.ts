import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualCluster } from '../testing/virtual-cluster.ts'
import { topicNameProblem } from './topic-names.ts'
import type { TopicRequest } from './topic-catalog.ts'
import type { TopicFailure } from './topic-failure.ts'

test('topic names follow the rules of Kafka', () => {
  for (const good of ['a', 'A-b_c.9', '...', 'x'.repeat(249)]) assert.equal(topicNameProblem(good), undefined, good)
  for (const bad of ['', '.', '..', 'a/b', 'a b', 'ä', 'a\u0000', 'x'.repeat(250)])
    assert.ok(topicNameProblem(bad), bad)
})

const refused: readonly [what: string, request: TopicRequest, reason: TopicFailure][] = [
  ['a name that exists', { name: 'taken' }, 'exists'],
  ['a name with a slash', { name: 'a/b' }, 'invalid-name'],
  ['a name of the platform', { name: 'koine.messages' }, 'reserved'],
  ['no partitions', { name: 'none', partitions: 0 }, 'invalid-partitions'],
  ['too many partitions', { name: 'many', partitions: 1001 }, 'invalid-partitions'],
  ['an unknown setting', { name: 'odd', settings: { 'no.such': '1' } }, 'invalid-setting'],
  ['a setting named like an object member', { name: 'odd', settings: { constructor: '1' } }, 'invalid-setting'],
  ['a setting with a bad value', { name: 'odd', settings: { 'retention.ms': 'long' } }, 'invalid-setting'],
]

for (const [what, request, reason] of refused) {
  test(`a topic is refused for ${what}`, async () => {
    const { streams, scope } = virtualCluster()
    await streams.createTopic(scope, { name: 'taken' })
    const outcome = await streams.createTopic(scope, request)
    assert.ok(!outcome.ok)
    assert.equal(outcome.reason, reason)
    assert.deepEqual(
      (await streams.topics(scope)).map(({ name }) => name),
      ['taken'],
    )
  })
}

test('a topic has one partition unless told, and an id that is never used again', async () => {
  const { streams, scope } = virtualCluster()
  const first = await streams.createTopic(scope, { name: 'again' })
  assert.ok(first.ok)
  assert.equal(first.topic.partitions, 1)
  assert.equal((await streams.topicById(scope, first.topic.id))?.name, 'again')
  assert.deepEqual(await streams.deleteTopic(scope, 'again'), { ok: true })
  const second = await streams.createTopic(scope, { name: 'again', partitions: 2 })
  assert.ok(second.ok)
  assert.notEqual(second.topic.id, first.topic.id)
  assert.equal(await streams.topicById(scope, first.topic.id), undefined)
})

test('a topic that is only validated is not made', async () => {
  const { streams, scope } = virtualCluster()
  assert.ok((await streams.createTopic(scope, { name: 'idea' }, { validateOnly: true })).ok)
  assert.equal(await streams.topic(scope, 'idea'), undefined)
})

test('a tenant’s topics and partitions are limited', async () => {
  const { streams, scope, other } = virtualCluster({ limits: { topics: 2, partitions: 5 } })
  assert.ok((await streams.createTopic(scope, { name: 'a', partitions: 4 })).ok)
  const tooMany = await streams.createTopic(scope, { name: 'b', partitions: 2 })
  assert.ok(!tooMany.ok && tooMany.reason === 'too-many')
  assert.ok((await streams.createTopic(scope, { name: 'b' })).ok)
  assert.ok(!(await streams.createTopic(scope, { name: 'c' })).ok)
  assert.ok((await streams.createTopic(other, { name: 'c' })).ok)
})

test('a platform topic can’t be deleted, and one that isn’t there neither', async () => {
  const { streams, scope } = virtualCluster()
  await scope.log.createTopic({ name: 'koine.messages', partitions: 1 })
  const reserved = await streams.deleteTopic(scope, 'koine.messages')
  assert.ok(!reserved.ok && reserved.reason === 'reserved')
  assert.ok(await streams.topic(scope, 'koine.messages'))
  const absent = await streams.deleteTopic(scope, 'absent')
  assert.ok(!absent.ok && absent.reason === 'no-such-topic')
})

test('another tenant’s topic doesn’t exist', async () => {
  const { streams, scope, other } = virtualCluster()
  const made = await streams.createTopic(scope, { name: 'ours' })
  assert.ok(made.ok)
  assert.equal(await streams.topic(other, 'ours'), undefined)
  assert.equal(await streams.topicById(other, made.topic.id), undefined)
  assert.deepEqual(await streams.topics(other), [])
})

test('topics that are made at the same time don’t go over the limits together, and don’t collide', async () => {
  const { streams, scope } = virtualCluster({ limits: { topics: 5, partitions: 100 } })
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) => streams.createTopic(scope, { name: `t${i}`, partitions: 3 })),
  )
  assert.equal(made.filter(({ ok }) => ok).length, 5)
  const { streams: others, other } = virtualCluster()
  const twins = await Promise.all(['a.b', 'a_b', 'a.b'].map((name) => others.createTopic(other, { name })))
  assert.deepEqual(
    twins.map((outcome) => (outcome.ok ? 'made' : outcome.reason)),
    ['made', 'invalid-name', 'exists'],
  )
})

test('partitions count against the tenant’s limit when they are added too', async () => {
  const { streams, scope } = virtualCluster({ limits: { partitions: 5 } })
  await streams.createTopic(scope, { name: 'a', partitions: 3 })
  const [first, second] = await Promise.all([
    streams.catalog.addPartitions(scope, { name: 'a', partitions: 5 }),
    streams.catalog.addPartitions(scope, { name: 'a', partitions: 6 }),
  ])
  assert.ok(first.ok && first.topic.partitions === 5)
  assert.ok(!second.ok && second.reason === 'too-many')
})
