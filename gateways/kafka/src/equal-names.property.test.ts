import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import fc from 'fast-check'
import { handlers } from './handlers/index.ts'
import { exchange, requestOf } from './testing/exchange.ts'
import { type Filling, fillMessage } from './testing/fill-message.ts'
import { gatewayFixture } from './testing/gateway-fixture.ts'
import { WireClient } from './testing/wire-client.ts'

const tenantHandlers = handlers.filter(({ isOpen }) => !isOpen)
/** Both tenants have things of these names; what they put in under them differs. */
const shared = ['orders', 'team', 'payments']
const ids = ['0', '1', '2'].map((digit) => digit.repeat(32))

/** A request that likely means something: few names, few numbers, records that are some, and the tenant's mark in all that is free. */
function likely(mark: string, seed: number): Filling {
  const randomness = seededRandomness(seed)
  const below = (end: number): number => Math.floor(randomness.fraction() * end)
  const oneOf = <T>(all: readonly T[]): T => all[below(all.length)]!
  const bytes = Buffer.from(`${mark}-bytes`)
  const records = encodeRecordBatch({
    records: [{ key: bytes, value: bytes, timestampMs: 1_000, headers: [{ name: `${mark}-header`, value: bytes }] }],
  })
  const name = (): string => oneOf([...shared, ...shared, `${mark}-${below(3)}`])
  const free = /metadata|rack|protocol|instance|principal|clientid|value|reason/i
  return {
    string: (field) => (field === 'protocolType' ? 'consumer' : free.test(field) ? `${mark}-${field}` : name()),
    nullableString: (field) => (below(3) === 0 ? null : free.test(field) ? `${mark}-${field}` : name()),
    int: (field, { max }) => {
      if (field === 'acks') return oneOf([1, -1])
      if (/timeout/i.test(field)) return oneOf([6_000, 10_000])
      if (/bytes/i.test(field)) return Math.min(max, 1_000_000)
      return oneOf([-1, 0, 0, 1, 2, 3])
    },
    bytes: () => bytes,
    nullableBytes: () => records,
    bool: () => below(2) === 0,
    uuid: () => oneOf(ids),
    array: (_, { mayBeNull }) => (mayBeNull && below(3) === 0 ? null : below(3)),
  }
}

test('two tenants with equal names are never told a byte of what the other put in', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock })
  const sides = [
    { mark: 'from-acme', other: 'from-globex', client: await WireClient.signIn(server.port, server.acme) },
    { mark: 'from-globex', other: 'from-acme', client: await WireClient.signIn(server.port, server.globex) },
  ] as const
  let answered = 0
  const step = fc.record({
    side: fc.constantFrom(...sides),
    handler: fc.constantFrom(...tenantHandlers),
    age: fc.nat(16),
    seed: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
      for (const { side, handler, age, seed } of steps) {
        const { api, versions } = handler
        const version = Math.max(versions.min, versions.max - age)
        const body = fillMessage(api.request.fields, likely(side.mark, seed))
        const request = requestOf({ api, version, clientId: `${side.mark}-client`, body })
        const { frame, isClosed } = await exchange(side.client, request, clock)
        const what = `${api.name} ${version} of ${side.mark}`
        assert.ok(frame && !isClosed, `${what} ends the connection`)
        assert.ok(!Buffer.from(frame).includes(side.other), `${what} tells ${side.other}`)
        if (Buffer.from(frame).includes(side.mark)) answered++
      }
    }),
    { numRuns: 60 },
  )
  for (const { client } of sides) client[Symbol.dispose]()
  // What it looks for is told to whom it belongs: the search would find it.
  assert.ok(answered > 50, `${answered} answers`)
})
