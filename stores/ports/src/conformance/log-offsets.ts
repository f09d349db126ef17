import assert from 'node:assert/strict'
import { logLimits } from '../log.ts'
import { at, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

export const offsetCases = (withTopic: WithTopic): Cases => ({
  'a group finds again what it committed, the last of each partition': withTopic(async ({ log }) => {
    assert.deepEqual(await log.committedOffsets('g'), [])
    await log.commitOffsets('g', [
      { ...at, offset: 5 },
      { topic: 'events', partition: 1, offset: 7, leaderEpoch: 3, metadata: 'm' },
    ])
    await log.commitOffsets('g', [{ ...at, offset: 6, committedAtMs: 1234 }])
    const found = (await log.committedOffsets('g')).toSorted((a, b) => a.partition - b.partition)
    assert.deepEqual(found[0], { ...at, offset: 6, leaderEpoch: -1, metadata: '', committedAtMs: 1234 })
    assert.deepEqual(
      { ...found[1], committedAtMs: 0 },
      { topic: 'events', partition: 1, offset: 7, leaderEpoch: 3, metadata: 'm', committedAtMs: 0 },
    )
    assert.equal(found.length, 2)
    assert.deepEqual(await log.committedOffsets('other'), [])
  }),
  'a commit tells when it was made, by which it expires': withTopic(async ({ log }) => {
    const before = Date.now()
    await log.commitOffsets('g', [{ ...at, offset: 1 }])
    const [found] = await log.committedOffsets('g')
    assert.ok(found?.committedAtMs !== undefined)
    assert.ok(found.committedAtMs >= before && found.committedAtMs <= Date.now())
  }),
  'groups are those that have committed': withTopic(async ({ log }) => {
    await log.commitOffsets('b', [{ ...at, offset: 1 }])
    await log.commitOffsets('a/ü 1', [{ ...at, offset: 1 }])
    assert.deepEqual(await log.groups(), ['a/ü 1', 'b'])
    await log.deleteOffsets('b')
    assert.deepEqual(await log.groups(), ['a/ü 1'])
    assert.deepEqual(await log.committedOffsets('b'), [])
  }),
  'offsets of single partitions can be forgotten': withTopic(async ({ log }) => {
    await log.commitOffsets('g', [
      { ...at, offset: 1 },
      { topic: 'events', partition: 1, offset: 2 },
    ])
    await log.deleteOffsets('g', [at, { topic: 'none', partition: 3 }])
    assert.deepEqual(
      (await log.committedOffsets('g')).map(({ partition }) => partition),
      [1],
    )
    await log.deleteOffsets('g', [{ topic: 'events', partition: 1 }])
    assert.deepEqual(await log.groups(), [])
  }),
  'hundreds of partitions are committed and forgotten together': withTopic(async ({ log }) => {
    await log.createTopic({ name: 'wide', partitions: 350 })
    const offsets = Array.from({ length: 350 }, (_, partition) => ({ topic: 'wide', partition, offset: partition }))
    await log.commitOffsets('g', offsets)
    assert.equal((await log.committedOffsets('g')).length, 350)
    await log.deleteTopic('wide')
    assert.deepEqual(await log.committedOffsets('g'), [])
    assert.deepEqual(await log.groups(), [])
  }),
  'a commit for a partition that is not there is refused whole': withTopic(async ({ log }) => {
    const commit = log.commitOffsets('g', [
      { ...at, offset: 1 },
      { topic: 'none', partition: 0, offset: 1 },
    ])
    await assert.rejects(commit, { code: 'not_found' })
    assert.deepEqual(await log.committedOffsets('g'), [])
  }),
  'bad groups, offsets and metadata are refused': withTopic(async ({ log }) => {
    for (const group of ['', 'x'.repeat(logLimits.groupNameBytes + 1), 'a\u0000b', '\ud800']) {
      await assert.rejects(log.commitOffsets(group, [{ ...at, offset: 1 }]), { code: 'invalid_request' })
    }
    await assert.rejects(log.commitOffsets('g', [{ ...at, offset: -1 }]), { code: 'invalid_request' })
    const metadata = 'x'.repeat(logLimits.offsetMetadataBytes + 1)
    await assert.rejects(log.commitOffsets('g', [{ ...at, offset: 1, metadata }]), { code: 'too_large' })
    await log.commitOffsets('x'.repeat(logLimits.groupNameBytes), [{ ...at, offset: 1, metadata: metadata.slice(1) }])
  }),
})
