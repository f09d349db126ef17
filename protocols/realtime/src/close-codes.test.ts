import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeCodes, mayReconnect } from './close-codes.ts'

test('each close code is in the range that says whether to reconnect, and used once', () => {
  const stops = new Set(['badFrame', 'frameTooLarge', 'unauthenticated', 'tenantSuspended', 'authenticationTimeout'])
  for (const [name, { code }] of Object.entries(closeCodes)) assert.equal(mayReconnect(code), !stops.has(name), name)
  const codes = Object.values(closeCodes).map(({ code }) => code)
  assert.equal(new Set(codes).size, codes.length)
})

test('a lost network and a server that went away say reconnect', () => {
  for (const code of [1001, 1006, 1011, 1012]) assert.ok(mayReconnect(code))
})

test('a reason fits into a close frame', () => {
  for (const { reason } of Object.values(closeCodes)) assert.ok(Buffer.byteLength(reason) <= 123)
})
