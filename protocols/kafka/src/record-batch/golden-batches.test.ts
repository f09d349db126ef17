import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  checkRecordBatch,
  type Codec,
  decodeRecordBatch,
  encodeEndMarker,
  readEndMarker,
  rebuildRecordBatch,
} from './index.ts'

interface Fixture {
  readonly client: string
  readonly version: string
  /** `key:value` of the records, each of which has the header `colour=blue`. */
  readonly lines: readonly string[]
  readonly batches: readonly { readonly codec: Codec; readonly batch: string }[]
  readonly commitMarker?: string
}

const fixtureOf = (name: string): Fixture =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}-batches.json`, import.meta.url), 'utf8')) as Fixture

/** As kcat made them, see testing/capture-batches, and as `MemoryRecords` of Apache Kafka's Java client did. */
const fixtures = [fixtureOf('librdkafka'), fixtureOf('java')]

const linesOf = (batch: Uint8Array): string[] =>
  decodeRecordBatch(batch).records.map(({ key, value, headers }) => {
    assert.deepEqual(
      headers.map((header) => `${header.name}=${String(header.value)}`),
      ['colour=blue'],
    )
    return `${String(key)}:${String(value)}`
  })

for (const { client, version, lines, batches } of fixtures) {
  describe(`${client} ${version}`, () => {
    for (const { codec, batch } of batches) {
      const bytes = Buffer.from(batch, 'hex')
      test(`its batch in ${codec} is accepted and decodes`, () => {
        const checked = checkRecordBatch(bytes)
        assert.equal(checked.ok && checked.header.codec, codec)
        assert.deepEqual(linesOf(bytes), lines)
      })
      test(`its batch in ${codec} keeps what it is asked to, in its codec`, () => {
        const rebuilt = rebuildRecordBatch(bytes, ({ offset }) => offset % 3 === 1)!
        assert.equal(decodeRecordBatch(rebuilt).header.codec, codec)
        assert.deepEqual(
          linesOf(rebuilt),
          lines.filter((_, index) => index % 3 === 1),
        )
      })
    }
  })
}

test('a commit marker of ours is that of Apache Kafka but for offset and epoch, which the log sets', () => {
  const theirs = Buffer.from(fixtureOf('java').commitMarker!, 'hex')
  const ours = encodeEndMarker({
    producerId: 77,
    producerEpoch: 3,
    commit: true,
    coordinatorEpoch: 9,
    timestampMs: 1_700_000_000_000,
  })
  assert.equal(Buffer.from(ours.subarray(16)).toString('hex'), theirs.subarray(16).toString('hex'))
  assert.deepEqual(readEndMarker(theirs), { commit: true, coordinatorEpoch: 9 })
})
