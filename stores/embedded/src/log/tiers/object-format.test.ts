import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import { append, numbered } from '../opened-log.ts'
import { decodeTrailer, encodeTrailer, objectKey, parseObjectKey } from './object-format.ts'
import { TieredLog } from './tiered-log.ts'

test('a trailer of version 1 reads as it was written once', () => {
  const kept = Buffer.from('6b6f696e656f626a19234b50000100004093480000000000', 'hex')
  assert.equal(decodeTrailer(kept), 1234)
  assert.deepEqual(encodeTrailer(1234), kept)
})

test('a trailer with any byte changed is none', () => {
  const trailer = encodeTrailer(1234)
  for (let at = 0; at < trailer.length; at++) {
    const changed = Buffer.from(trailer)
    changed[at] = changed[at]! ^ 1
    assert.equal(decodeTrailer(changed), undefined, `byte ${at}`)
  }
  assert.equal(decodeTrailer(trailer.subarray(1)), undefined)
})

test('a key names a sequence and a generation, and nothing else is one', () => {
  const name = { sequence: 12, generation: 3 }
  assert.equal(objectKey(name), 'log/0000000000000012-0000000003.segment')
  assert.deepEqual(parseObjectKey(objectKey(name)), name)
  for (const key of ['log/12-3.segment', `x/${objectKey(name)}`, `${objectKey(name)}.new`, 'log/a']) {
    assert.equal(parseObjectKey(key), undefined, key)
  }
})

test('an object is a header, the frames by partition, the footer and the trailer', async () => {
  await using tiered = new TieredLog()
  await tiered.log.createTopic({ name: 't', partitions: 1 })
  await append(tiered.log, 't', numbered(4))
  await until('there is one', async () => (await tiered.usage()).tieredSegments > 0)
  const [key] = await tiered.keys()
  const bytes = Buffer.from((await tiered.stored.forTenant(tiered.opened.tenant).get(key!))!)
  assert.equal(bytes.subarray(0, 8).toString(), 'koinelog')
  const footerBytes = decodeTrailer(bytes.subarray(-24))!
  assert.equal(bytes.subarray(-24 - footerBytes, -24 - footerBytes + 8).toString(), 'koineidx')
})
