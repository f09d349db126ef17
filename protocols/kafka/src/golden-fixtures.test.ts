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

interface MessageFixture {
  readonly client: string
  readonly version: string
  readonly messages: readonly {
    readonly apiKey: number
    readonly kind: 'request' | 'response'
    readonly version: number
    readonly bytes: string
  }[]
}

/** Messages as the generated classes of Apache Kafka's Java client write them: those with forms that no request above has. */
const java = JSON.parse(readFileSync(new URL('fixtures/java-messages.json', import.meta.url), 'utf8')) as MessageFixture

const decodeJava = (wanted: { readonly apiKey: number; readonly kind: 'request' | 'response' }) =>
  java.messages
    .filter(({ apiKey, kind }) => apiKey === wanted.apiKey && kind === wanted.kind)
    .map(({ version, bytes }) =>
      apis.get(wanted.apiKey)![wanted.kind].decode(new Reader(Buffer.from(bytes, 'hex')), version),
    ) as { readonly [field: string]: unknown }[]

describe(`${java.client} ${java.version}`, () => {
  for (const { apiKey, kind, version, bytes } of java.messages) {
    const { name, [kind]: message } = apis.get(apiKey)!
    test(`its ${name} ${kind} ${version} is read to the end, and written back byte for byte: ${bytes.length / 2} bytes`, () => {
      const reader = new Reader(Buffer.from(bytes, 'hex'))
      const body = message.decode(reader, version)
      assert.equal(reader.remaining, 0)
      const writer = new Writer()
      message.encode(writer, version, body)
      assert.equal(Buffer.concat(writer.finish()).toString('hex'), bytes)
    })
  }

  test('a structure that may be null is null, or there', () => {
    const [without, withAssignment] = decodeJava({ apiKey: 68, kind: 'response' })
    assert.equal(without!['assignment'], null)
    const topicPartitions = [{ topicId: '0102030405060708090a0b0c0d0e0f10', partitions: [0, 2] }]
    assert.deepEqual(withAssignment!['assignment'], { topicPartitions })
    const [from, fromStart] = decodeJava({ apiKey: 75, kind: 'request' })
    assert.deepEqual(from!['cursor'], { topicName: 't', partitionIndex: 7 })
    assert.equal(fromStart!['cursor'], null)
  })

  test('a quota is a double', () => {
    const [request] = decodeJava({ apiKey: 49, kind: 'request' })
    const [{ ops }] = request!['entries'] as [{ ops: unknown }]
    assert.deepEqual(ops, [{ key: 'producer_byte_rate', value: 1_048_576.5, remove: false }])
  })
})
