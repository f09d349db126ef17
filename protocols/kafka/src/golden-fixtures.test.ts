import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { apis } from './apis.ts'
import { readRequestHeaderRest, readRequestPrefix, writeRequestHeader } from './headers.ts'
import { Reader } from './reader.ts'
import { splitRecordBatches } from './record-batch/index.ts'
import { Writer } from './writer.ts'

interface Fixture {
  readonly client: string
  readonly version: string
  readonly requests: readonly { readonly apiKey: number; readonly version: number; readonly frame: string }[]
}

const fixtureOf = (client: string): Fixture =>
  JSON.parse(readFileSync(new URL(`fixtures/${client}.json`, import.meta.url), 'utf8')) as Fixture

function decode(frame: Buffer) {
  const reader = new Reader(frame)
  const { apiKey, apiVersion, correlationId } = readRequestPrefix(reader)
  const api = apis.get(apiKey)
  assert.ok(api, `API ${apiKey} has a table`)
  const clientId = readRequestHeaderRest(reader, api, apiVersion)
  const body = api.request.decode(reader, apiVersion) as { readonly [field: string]: unknown }
  return { api, header: { apiKey, apiVersion, correlationId, clientId }, body, bytesLeft: reader.remaining }
}

/** Requests as real clients sent them: see compat/src/capture. */
for (const client of ['kcat', 'kafkajs']) {
  const { requests, version } = fixtureOf(client)
  describe(`${client} ${version}`, () => {
    for (const { apiKey, version, frame } of requests) {
      const bytes = Buffer.from(frame, 'hex')
      test(`its ${apis.get(apiKey)?.name} request ${version} is read to the end, and written back byte for byte`, () => {
        const { api, header, body, bytesLeft } = decode(bytes)
        assert.deepEqual({ apiKey: header.apiKey, apiVersion: header.apiVersion }, { apiKey, apiVersion: version })
        assert.equal(bytesLeft, 0)
        const writer = new Writer()
        writeRequestHeader(writer, api, header)
        api.request.encode(writer, version, body)
        assert.equal(Buffer.concat(writer.finish()).toString('hex'), frame)
      })
    }
  })
}

test('a produce request of kcat holds what kcat was given', () => {
  const { frame } = fixtureOf('kcat').requests.find(({ apiKey }) => apiKey === 0)!
  const { header, body } = decode(Buffer.from(frame, 'hex'))
  const [topic] = body['topicData'] as [{ name: string; partitionData: [{ index: number; records: Uint8Array }] }]
  assert.equal(header.clientId, 'rdkafka')
  assert.equal(topic.name, 'captured')
  const split = splitRecordBatches(topic.partitionData[0].records)
  assert.ok(split.ok)
  assert.equal(split.batches.length, 1)
})

test('a join request of kafkajs names its group and its assigner', () => {
  const { frame } = fixtureOf('kafkajs').requests.find(({ apiKey }) => apiKey === 11)!
  const { body } = decode(Buffer.from(frame, 'hex'))
  assert.equal(body['groupId'], 'readers')
  assert.equal(body['protocolType'], 'consumer')
  assert.deepEqual(
    (body['protocols'] as { name: string }[]).map(({ name }) => name),
    ['RoundRobinAssigner'],
  )
})
