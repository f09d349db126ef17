import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { scopeTo } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { ScramUsers } from './scram-users.ts'

function twoTenants() {
  const source = { clock: new ManualClock(), randomness: seededRandomness(3) }
  const stores = memoryStores(source)
  const newScope = () => scopeTo(stores, tenantIds.make(source))
  return { scope: newScope(), other: newScope(), users: new ScramUsers({ scramUsers: 3 }) }
}

const bytes = (byte: number) => new Uint8Array(8).fill(byte)
const credential = (byte: number) => ({
  salt: bytes(byte),
  iterations: 4096,
  storedKey: bytes(byte),
  serverKey: bytes(byte),
})
const set = (name: string, byte = 1) => ({ name, credentials: new Map([['SCRAM-SHA-256' as const, credential(byte)]]) })
const unset = (name: string) => ({ name, credentials: new Map([['SCRAM-SHA-256' as const, undefined]]) })

test('a user lives from the first credential to the last, in its own tenant', async () => {
  const { users, scope, other } = twoTenants()
  assert.equal(await users.change(scope, set('alice')), undefined)
  assert.equal(
    await users.change(scope, { name: 'alice', credentials: new Map([['SCRAM-SHA-512', credential(2)]]) }),
    undefined,
  )
  const alice = await users.find(scope, 'alice')
  assert.deepEqual(Object.keys(alice!.credentials).sort(), ['SCRAM-SHA-256', 'SCRAM-SHA-512'])
  assert.equal(await users.find(other, 'alice'), undefined)
  assert.equal(await users.change(scope, unset('alice')), undefined)
  assert.deepEqual(Object.keys((await users.find(scope, 'alice'))!.credentials), ['SCRAM-SHA-512'])
  assert.equal(await users.change(scope, unset('alice')), 'no-such-credential')
  await users.change(scope, { name: 'alice', credentials: new Map([['SCRAM-SHA-512', undefined]]) })
  assert.equal(await users.find(scope, 'alice'), undefined)
  assert.deepEqual(await users.all(scope), [])
})

test('names that no user can have are refused, and found to be nobody’s', async () => {
  const { users, scope } = twoTenants()
  for (const name of ['', '*', 'nul\u0000', 'x'.repeat(1_001)]) {
    assert.equal(await users.change(scope, set(name)), 'invalid-user-name')
    assert.equal(await users.find(scope, name), undefined)
  }
})

test('a tenant has so many users and no more, and those it has can be changed', async () => {
  const { users, scope } = twoTenants()
  for (const name of ['a', 'b', 'c']) assert.equal(await users.change(scope, set(name)), undefined)
  assert.equal(await users.change(scope, set('d')), 'too-many-users')
  assert.equal(await users.change(scope, set('c', 9)), undefined)
  assert.equal((await users.find(scope, 'c'))!.credentials['SCRAM-SHA-256']!.salt[0], 9)
})

test('two changes of one user at once are both made', async () => {
  const { users, scope } = twoTenants()
  await Promise.all([
    users.change(scope, set('alice')),
    users.change(scope, { name: 'alice', credentials: new Map([['SCRAM-SHA-512', credential(2)]]) }),
  ])
  assert.equal(Object.keys((await users.find(scope, 'alice'))!.credentials).length, 2)
})
