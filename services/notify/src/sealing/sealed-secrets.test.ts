import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, systemRandomness, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { memoryStores } from '@koine/stores-ports/memory'
import { installationSealingKey, SealedSecrets } from './sealed-secrets.ts'

const source = { clock: new ManualClock(), randomness: seededRandomness(1) }
const place = { tenantId: tenantIds.make(source), name: 'web-push' }
const keyOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const withKeys = (...bytes: number[]): SealedSecrets => new SealedSecrets(bytes.map(keyOf), systemRandomness)

test('a secret opens where it was sealed and nowhere else', () => {
  const secrets = withKeys(1)
  const sealed = secrets.seal('hush', place)
  assert.equal(secrets.open(sealed, place), 'hush')
  assert.ok(!Buffer.from(sealed).includes('hush'))
  assert.throws(() => secrets.open(sealed, { ...place, name: 'apns' }), { code: 'internal' })
  assert.throws(() => secrets.open(sealed, { ...place, tenantId: tenantIds.make(source) }), { code: 'internal' })
})

test('a changed or shortened secret does not open', () => {
  const secrets = withKeys(1)
  const sealed = secrets.seal('hush', place)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed, (byte, i) => (i === at ? byte ^ 1 : byte))
    assert.throws(() => secrets.open(changed, place), { code: 'internal' }, `byte ${at}`)
    assert.throws(() => secrets.open(sealed.subarray(0, at), place), { code: 'internal' }, `first ${at} bytes`)
  }
})

test('after the key is changed the old one still opens, and the new one seals', () => {
  const old = withKeys(1).seal('hush', place)
  const both = withKeys(2, 1)
  assert.equal(both.open(old, place), 'hush')
  assert.equal(withKeys(2).open(both.seal('hush', place), place), 'hush')
  assert.throws(() => withKeys(2).open(old, place), { code: 'internal' })
})

test('an installation has one key, over restarts', async () => {
  const { tables } = memoryStores(source)
  const [one, other] = await Promise.all([
    installationSealingKey(tables.control, systemRandomness),
    installationSealingKey(tables.control, systemRandomness),
  ])
  assert.deepEqual(one, other)
  assert.equal(one.length, 32)
})
