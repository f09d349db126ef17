import assert from 'node:assert/strict'
import test from 'node:test'
import { apiKeyIds, type IdKind, userIds } from '@koine/base'
import { type Tenancy } from './index.ts'
import { tenancyFixture } from './testing/tenancy-fixture.ts'

/**
 * Makes something under an idempotency key in a process that dies between the effect and the stored answer, then repeats
 * the call in a new process once the lease is over. Returns the ids that both were given and what the second answered.
 */
async function overACrash<Id extends string, T>(ids: IdKind<Id>, make: (tenancy: Tenancy, id: Id) => Promise<T>) {
  let dead = false
  const before = (): void => {
    if (dead) throw new Error('this process is dead')
  }
  const { tenancy, restart, clock } = tenancyFixture({ faults: { before, after: () => {} } })
  await tenancy.createTenant({ name: 'Acme' })
  const call = { tenantId: undefined, principal: 'operator', operation: 'make', key: 'k', request: '{}' }
  const tried: Id[] = []
  const dying = tenancy.once(call, {
    ids,
    run: async (id) => {
      tried.push(id)
      const made = await make(tenancy, id)
      dead = true
      return made
    },
  })
  await assert.rejects(dying, /dead/)
  dead = false
  clock.advance(60_000)
  const next = restart()
  const run = (id: Id): Promise<T> => {
    tried.push(id)
    return make(next, id)
  }
  const { answer } = await next.once(call, { ids, run })
  return { tried, answer, tenancy: next }
}

const onlyTenant = async (tenancy: Tenancy) => (await tenancy.tenants({ limit: 1 })).tenants[0]!.id

test('a user whose creation died before its answer was stored is made once', async () => {
  const { tried, answer, tenancy } = await overACrash(userIds, async (tenancy, id) =>
    tenancy.createUser(await tenancy.scope(await onlyTenant(tenancy)), { name: 'Asha', id }),
  )
  assert.equal(tried.length, 2)
  assert.equal(tried[0], tried[1])
  const { users } = await tenancy.users(await tenancy.scope(await onlyTenant(tenancy)), { limit: 10 })
  assert.deepEqual(users, [answer])
})

test('an API key whose creation died before its answer was stored is one key, good with the secret that was told', async () => {
  const { answer, tenancy } = await overACrash(apiKeyIds, async (tenancy, id) =>
    tenancy.createApiKey(await onlyTenant(tenancy), { id }),
  )
  const { keys } = await tenancy.apiKeys(await onlyTenant(tenancy))
  assert.deepEqual(
    keys.map(({ id }) => id),
    [answer.id],
  )
  assert.equal((await tenancy.authenticateKey(answer.id, answer.secret)).keyId, answer.id)
})
