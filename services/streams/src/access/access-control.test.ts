import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { type Faults, scopeTo } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import type { Operation } from './access.ts'
import type { Acl } from './acl.ts'
import { AccessControl } from './access-control.ts'

const limits = { acls: 5 }

function twoTenants(faults?: Faults) {
  const source = { clock: new ManualClock(), randomness: seededRandomness(3) }
  const stores = memoryStores({ ...source, ...(faults && { faults }) })
  const newScope = () => scopeTo(stores, tenantIds.make(source))
  return { scope: newScope(), other: newScope(), access: new AccessControl(limits) }
}

const alice = { principals: ['User:alice'], host: '10.0.0.1', isAdmin: false }
const admin = { principals: ['User:root'], host: '10.0.0.1', isAdmin: true }
const rule = (fields: Partial<Acl> = {}): Acl => ({
  resourceType: 'topic',
  name: 'orders',
  pattern: 'literal',
  principal: 'User:alice',
  host: '*',
  operation: 'read',
  permission: 'allow',
  ...fields,
})
const every: readonly Operation[] = ['read', 'write', 'create', 'delete', 'alter', 'describe', 'alter-configs']

test('without an ACL nothing is allowed, but to an admin everything', async () => {
  const { access, scope } = twoTenants()
  using none = await access.open(scope, alice)
  using all = await access.open(scope, admin)
  for (const operation of every) {
    assert.equal(none.may(operation, 'topic', 'orders'), false)
    assert.equal(none.mayAnywhere(operation, 'topic'), false)
    assert.equal(all.may(operation, 'topic', 'orders'), true)
    assert.equal(all.mayAnywhere(operation, 'topic'), true)
  }
  assert.equal(none.principal, 'User:alice')
})

test('a change acts at once on what is open, and on no other tenant', async () => {
  const { access, scope, other } = twoTenants()
  using held = await access.open(scope, alice)
  using elsewhere = await access.open(other, alice)
  assert.deepEqual(await access.create(scope, [rule()]), [{ ok: true }])
  assert.equal(held.may('read', 'topic', 'orders'), true)
  assert.equal(held.may('describe', 'topic', 'orders'), true)
  assert.equal(held.may('write', 'topic', 'orders'), false)
  assert.equal(elsewhere.may('read', 'topic', 'orders'), false)
  assert.deepEqual(await access.matching(other, {}), [])
  await access.create(scope, [rule({ permission: 'deny', host: '10.0.0.1', operation: 'all' })])
  assert.equal(held.may('read', 'topic', 'orders'), false)
  assert.equal((await access.delete(scope, [{ permission: 'deny' }]))[0]?.length, 1)
  assert.equal(held.may('read', 'topic', 'orders'), true)
})

test('ACLs are there after a restart', async () => {
  const { access, scope } = twoTenants()
  await access.create(scope, [rule(), rule({ name: 'o', pattern: 'prefixed', operation: 'write' })])
  const next = new AccessControl(limits)
  using held = await next.open(scope, alice)
  assert.equal(held.may('write', 'topic', 'others'), true)
  assert.equal((await next.matching(scope, {})).length, 2)
})

test('topics of the platform are read when an ACL says so, and never changed, by nobody', async () => {
  const { access, scope } = twoTenants()
  await access.create(scope, [
    rule({ name: '*', operation: 'all' }),
    rule({ name: 'koine.messages', operation: 'all' }),
  ])
  for (const who of [alice, admin]) {
    using held = await access.open(scope, who)
    for (const operation of ['write', 'create', 'delete', 'alter', 'alter-configs'] as const) {
      assert.equal(held.may(operation, 'topic', 'koine.messages'), false, operation)
    }
    for (const operation of ['read', 'describe', 'describe-configs'] as const) {
      assert.equal(held.may(operation, 'topic', 'koine.messages'), true, operation)
    }
    assert.equal(held.may('read', 'group', 'koine.messages'), who === admin)
  }
})

test('what can’t be an ACL is refused, one by one', async () => {
  const { access, scope } = twoTenants()
  const bad: readonly Partial<Acl>[] = [
    { name: '' },
    { resourceType: 'cluster', name: 'orders' },
    { principal: 'alice' },
    { principal: 'User:' },
    { principal: '' },
    { host: '' },
    { name: 'x'.repeat(1_001) },
    { principal: `User:${'x'.repeat(500)}` },
    { name: 'nul\u0000' },
  ]
  const outcomes = await access.create(scope, [
    ...bad.map(rule),
    rule({ resourceType: 'cluster', name: 'kafka-cluster' }),
  ])
  assert.deepEqual(
    outcomes.map((outcome) => outcome.ok || outcome.reason),
    [...bad.map(() => 'invalid-acl'), true],
  )
})

test('a tenant has so many ACLs and no more, and repeats don’t count', async () => {
  const { access, scope } = twoTenants()
  const rules = Array.from({ length: 7 }, (_, i) => rule({ name: `t${i}` }))
  const first = await access.create(scope, [rules[0]!, ...rules])
  assert.deepEqual(
    first.map(({ ok }) => ok),
    [true, true, true, true, true, true, false, false],
  )
  assert.deepEqual(await access.create(scope, [rules[2]!]), [{ ok: true }])
  await access.delete(scope, [{ name: 't0' }])
  assert.deepEqual(await access.create(scope, [rules[6]!]), [{ ok: true }])
})

test('a change that the tables refuse is not in force, and the same again is', async () => {
  let refuses = false
  const { access, scope } = twoTenants({
    before: (what) => {
      if (refuses && what.includes('write')) throw new Error('the disk is gone')
    },
    after: () => {},
  })
  using held = await access.open(scope, alice)
  refuses = true
  await assert.rejects(access.create(scope, [rule()]), /the disk is gone/)
  assert.equal(held.may('read', 'topic', 'orders'), false)
  refuses = false
  await access.create(scope, [rule()])
  assert.equal(held.may('read', 'topic', 'orders'), true)
})

test('changes made at once all take effect', async () => {
  const { access, scope } = twoTenants()
  await Promise.all(['a', 'b', 'c'].map((name) => access.create(scope, [rule({ name })])))
  assert.equal((await access.matching(scope, {})).length, 3)
  await Promise.all(['a', 'b'].map((name) => access.delete(scope, [{ name }])))
  assert.deepEqual(
    (await access.matching(scope, {})).map(({ name }) => name),
    ['c'],
  )
})
