import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@koine/base/testing'
import { apiVersions, errorCodes } from '@koine/protocols-kafka'
import { handlers } from './handlers/index.ts'
import { decodeAnswer, errorCodesIn, exchange, requestOf } from './testing/exchange.ts'
import { extremeFillings } from './testing/fillings.ts'
import { fillMessage } from './testing/fill-message.ts'
import { type GatewayFixture, gatewayFixture } from './testing/gateway-fixture.ts'
import { WireClient } from './testing/wire-client.ts'

const everyVersion = handlers.flatMap(({ api, versions: { min, max } }) =>
  Array.from({ length: max - min + 1 }, (_, i) => ({ api, version: min + i, name: `${api.name} ${min + i}` })),
)

/** A refusal of these ends the connection, and so does a produce request that fails and takes no answer. */
const mayClose = new Set(['Produce', 'SaslHandshake', 'SaslAuthenticate'])

async function disconnections(server: GatewayFixture, reason: string): Promise<number> {
  const pattern = new RegExp(`koine_kafka_disconnections_total\\{reason="${reason}"\\} (\\d+)`)
  return Number(pattern.exec(await server.metrics.text())?.[1] ?? 0)
}

for (const [what, filling] of Object.entries(extremeFillings)) {
  test(`${what}: every request of every version is answered in the protocol`, async () => {
    const clock = new ManualClock()
    await using server = await gatewayFixture({ clock })
    let client = await WireClient.signIn(server.port, server.acme)
    for (const { api, version, name } of everyVersion) {
      const request = requestOf({ api, version, body: fillMessage(api.request.fields, filling) })
      const { frame, isClosed } = await exchange(client, request, clock)
      assert.ok(frame || api.name === 'Produce', `${name} is not answered`)
      const codes = frame ? errorCodesIn(decodeAnswer({ api, version }, frame)) : []
      assert.ok(!codes.includes(errorCodes.UNKNOWN_SERVER_ERROR), `${name} is answered with an unknown error`)
      if (!isClosed) continue
      assert.ok(mayClose.has(api.name), `${name} ends the connection`)
      client = await WireClient.signIn(server.port, server.acme)
    }
    client[Symbol.dispose]()
    for (const reason of ['failure', 'slow', 'unsupported'])
      assert.equal(await disconnections(server, reason), 0, reason)
  })
}

/** The frame with its body cut, and its length set to what is left. */
function cut(frame: Uint8Array, length: number): Uint8Array {
  const short = Buffer.from(frame.subarray(0, length))
  short.writeInt32BE(length - 4)
  return short
}

test('every request of every version that is cut short ends its connection and nothing else', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  using witness = await WireClient.signIn(server.port, server.globex)
  let cuts = 0
  for (const { api, version, name } of everyVersion) {
    const body = fillMessage(api.request.fields, extremeFillings['elements of empty texts and zeros']!)
    const frame = requestOf({ api, version, body })
    const headerBytes = 14
    for (const length of new Set([headerBytes, (headerBytes + frame.length) >> 1, frame.length - 1])) {
      if (length < headerBytes || length >= frame.length) continue
      using client = await WireClient.signIn(server.port, server.acme)
      const answered = await exchange(client, cut(frame, length), clock)
      assert.deepEqual(answered, { frame: undefined, isClosed: true }, `${name} cut to ${length} of ${frame.length}`)
      cuts++
    }
    assert.equal((await witness.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
  }
  assert.equal(await disconnections(server, 'protocol'), cuts)
})

test('texts that are not UTF-8 never break an answer', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  const broken = {
    ...extremeFillings['elements that repeat']!,
    string: () => 'z'.repeat(32_767),
    nullableString: () => 'z',
  }
  for (const { api, version } of everyVersion) {
    using client = await WireClient.signIn(server.port, server.acme)
    const frame = requestOf({ api, version, body: fillMessage(api.request.fields, broken) })
    await exchange(
      client,
      frame.map((byte, at) => (at > 13 && byte === 0x7a ? 0xff : byte)),
      clock,
    )
  }
  assert.equal(await disconnections(server, 'failure'), 0)
})

test('a version that is not served ends the connection, but ApiVersions is answered in its first', async () => {
  await using server = await gatewayFixture()
  for (const { api, versions } of handlers) {
    for (const version of [versions.min - 1, versions.max + 1, 32_767]) {
      using client = await WireClient.signIn(server.port, server.acme)
      const header = Buffer.alloc(14)
      header.writeInt32BE(10)
      header.writeInt16BE(api.key, 4)
      header.writeInt16BE(version, 6)
      header.writeInt16BE(-1, 12)
      client.socket.write(header)
      if (api.name !== 'ApiVersions') {
        await client.closed()
        continue
      }
      const answer = await client.receive(apiVersions, 0)
      assert.equal(answer.errorCode, errorCodes.UNSUPPORTED_VERSION)
      assert.ok(answer.apiKeys.length > 40)
    }
  }
  assert.equal(await disconnections(server, 'failure'), 0)
})

test('a request that names more than anybody has ends its connection', async () => {
  await using server = await gatewayFixture({ limits: { requestElementsMax: 1_000 } })
  const wide = { ...extremeFillings['elements of empty texts and zeros']!, array: () => 1_001 }
  for (const { api } of handlers.filter(({ isOpen }) => !isOpen)) {
    const fields = api.request.fields.filter(({ type }) => type.kind !== 'array' || type.of.kind === 'primitive')
    const [list] = fields.filter(
      ({ type, options }) => type.kind === 'array' && (options.until ?? api.versions.max) >= api.versions.max,
    )
    if (!list) continue
    using client = await WireClient.signIn(server.port, server.acme)
    const empty = fillMessage(api.request.fields, extremeFillings['nothing in it']!)
    const body = { ...empty, [list.name]: fillMessage([list], wide)[list.name] }
    const { versions } = handlers.find((each) => each.api === api)!
    client.socket.write(requestOf({ api, version: versions.max, body }))
    await client.closed()
  }
  assert.equal(await disconnections(server, 'failure'), 0)
})
