import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entityKey } from '../quotas/quota-entity.ts'
import { grantedTo, grantedToAddress } from './quota-precedence.ts'

const book = (...entities: readonly { readonly [type: string]: string | null }[]) =>
  new Map(
    entities.map((entity, i) => [
      entityKey(Object.entries(entity).map(([type, name]) => ({ type, name }))),
      { producer_byte_rate: i + 1 },
    ]),
  )

/** From the first to the last in Kafka's order. */
const order = [
  { user: 'u', 'client-id': 'c' },
  { user: 'u', 'client-id': null },
  { user: 'u' },
  { user: null, 'client-id': 'c' },
  { user: null, 'client-id': null },
  { user: null },
  { 'client-id': 'c' },
  { 'client-id': null },
] as const

for (const [i, entity] of order.entries()) {
  test(`${JSON.stringify(entity)} comes before all that is less narrow`, () => {
    const rest = book(...order.slice(i))
    assert.equal(grantedTo(rest, 'producer_byte_rate', { user: 'u', clientId: 'c' })?.quota, 1)
  })
}

test('a quota of another kind, of another user or of another client doesn’t count', () => {
  const granted = book({ user: 'other' }, { 'client-id': 'other' }, { user: 'u', 'client-id': 'other' })
  assert.equal(grantedTo(granted, 'producer_byte_rate', { user: 'u', clientId: 'c' }), undefined)
  assert.equal(grantedTo(book({ user: 'u' }), 'consumer_byte_rate', { user: 'u', clientId: 'c' }), undefined)
})

test('a default of users is each user’s own, one of client ids each client id’s', () => {
  const shares = (entity: { readonly [type: string]: string | null }, user: string, clientId: string) =>
    grantedTo(book(entity), 'producer_byte_rate', { user, clientId })!.sharedBy
  assert.equal(shares({ user: null }, 'a', 'x'), shares({ user: null }, 'a', 'y'))
  assert.notEqual(shares({ user: null }, 'a', 'x'), shares({ user: null }, 'b', 'x'))
  assert.equal(shares({ 'client-id': null }, 'a', 'x'), shares({ 'client-id': null }, 'b', 'x'))
  assert.notEqual(
    shares({ user: 'a', 'client-id': null }, 'a', 'x'),
    shares({ user: 'a', 'client-id': null }, 'a', 'y'),
  )
})

test('an address has its own, or that of all addresses', () => {
  const granted = book({ ip: '10.0.0.1' }, { ip: null })
  assert.equal(grantedToAddress(granted, 'producer_byte_rate', '10.0.0.1'), 1)
  assert.equal(grantedToAddress(granted, 'producer_byte_rate', '10.0.0.2'), 2)
})
