import assert from 'node:assert/strict'
import test from 'node:test'
import { apiKeyIds, tenantIds } from '@koine/base'
import { type ScramCredential, scramCredentialOf, scramMechanisms } from './index.ts'
import { tenancyFixture, withCode } from './testing/tenancy-fixture.ts'

const unauthenticated = withCode('unauthenticated')

test('a credential is what RFC 7677 derives from its example', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const { storedKey, serverKey } = await scramCredentialOf('SCRAM-SHA-256', {
    password: 'pencil',
    salt,
    iterations: 4096,
  })
  assert.equal(Buffer.from(storedKey).toString('base64'), 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=')
  assert.equal(Buffer.from(serverKey).toString('base64'), 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
})

test('a key comes with credentials of its secret for each mechanism, each with a salt of its own', async () => {
  const { tenancy } = tenancyFixture()
  const { id } = await tenancy.createTenant({ name: 'Acme' })
  const [key, other] = [await tenancy.createApiKey(id), await tenancy.createApiKey(id)]
  const held = await tenancy.keyScram(key.id)
  assert.equal(held?.tenantId, id)
  const salts = new Set<string>()
  for (const mechanism of scramMechanisms) {
    const credential: ScramCredential = held?.scram?.[mechanism] ?? assert.fail('A new key has a credential.')
    const { salt, iterations }: ScramCredential = credential
    assert.ok(iterations >= 4096 && salt.length >= 16)
    const again = await scramCredentialOf(mechanism, { password: key.secret, salt, iterations })
    assert.deepEqual(Buffer.from(credential.storedKey), Buffer.from(again.storedKey))
    salts.add(Buffer.from(salt).toString('hex'))
    salts.add(Buffer.from((await tenancy.keyScram(other.id))!.scram![mechanism].salt).toString('hex'))
  }
  assert.equal(salts.size, 4)
})

test('a proven key is let in as long as it holds', async () => {
  const { tenancy, clock } = tenancyFixture()
  const { id } = await tenancy.createTenant({ name: 'Acme' })
  const key = await tenancy.createApiKey(id)
  const expiring = await tenancy.createApiKey(id, { expiresAt: new Date(clock.now() + 1000).toISOString() })
  assert.equal((await tenancy.authenticateKnownKey(key.id)).scope.tenantId, id)
  await tenancy.authenticateKnownKey(expiring.id)
  clock.advance(1000)
  await assert.rejects(tenancy.authenticateKnownKey(expiring.id), unauthenticated)
  await tenancy.suspendTenant(id)
  await assert.rejects(tenancy.authenticateKnownKey(key.id), withCode('tenant_suspended'))
  await tenancy.resumeTenant(id)
  await tenancy.revokeApiKey(id, key.id)
  await assert.rejects(tenancy.authenticateKnownKey(key.id), unauthenticated)
  const source = tenancyFixture()
  await assert.rejects(tenancy.authenticateKnownKey(apiKeyIds.make(source)), unauthenticated)
})

test('a tenant’s own credentials lead to its scope while it is active', async () => {
  const { tenancy, clock, randomness } = tenancyFixture()
  const { id } = await tenancy.createTenant({ name: 'Acme' })
  assert.equal((await tenancy.credentialScope(id)).tenantId, id)
  await assert.rejects(tenancy.credentialScope(tenantIds.make({ clock, randomness })), unauthenticated)
  await tenancy.suspendTenant(id)
  await assert.rejects(tenancy.credentialScope(id), withCode('tenant_suspended'))
  await tenancy.deleteTenant(id)
  await assert.rejects(tenancy.credentialScope(id), unauthenticated)
})

test('the seed of made-up salts stays the same over restarts', async () => {
  const { tenancy, restart } = tenancyFixture()
  const seed = await tenancy.scramSeed()
  assert.equal(seed.length, 32)
  assert.deepEqual(Buffer.from(await tenancy.scramSeed()), Buffer.from(seed))
  assert.deepEqual(Buffer.from(await restart().scramSeed()), Buffer.from(seed))
})
