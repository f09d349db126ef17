import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, tenantIds } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { BlobSigner } from './blob-signer.ts'

const clock = new ManualClock()
const tenant = tenantIds.make({ clock, randomness: seededRandomness(3) })
const other = tenantIds.make({ clock, randomness: seededRandomness(4) })
const secret = Buffer.from('sixteen bytes or more')
const signer = new BlobSigner({ clock, baseUrl: 'https://chat.example.com/', secret })
const request = { method: 'PUT', tenant, key: 'photos/a b+c&d?/ü.png' } as const
const targetOf = (url: string): string => url.slice('https://chat.example.com'.length)

test('a signed URL is verified as the request it was made for', () => {
  const url = signer.sign(request, 1000)
  assert.ok(
    url.startsWith(`https://chat.example.com/v1/blobs/${tenant}/photos/a%20b%2Bc%26d%3F/%C3%BC.png?method=PUT&`),
  )
  assert.deepEqual(signer.verify('PUT', targetOf(url)), request)
})

test('a signed URL allows neither another method, key, tenant, time nor secret', () => {
  const target = targetOf(signer.sign(request, 1000))
  const another = new BlobSigner({ clock, baseUrl: '', secret: Buffer.from('another secret, as long') })
  assert.equal(signer.verify('GET', target), undefined)
  assert.equal(signer.verify('GET', target.replace('method=PUT', 'method=GET')), undefined)
  assert.equal(signer.verify('PUT', target.replace('photos', 'fotos')), undefined)
  assert.equal(signer.verify('PUT', target.replace(tenant, other)), undefined)
  assert.equal(
    signer.verify(
      'PUT',
      target.replace(/expires=(\d+)/, (_, at) => `expires=${Number(at) + 1}`),
    ),
    undefined,
  )
  assert.equal(another.verify('PUT', target), undefined)
})

test('a signed URL ends at its time', () => {
  const target = targetOf(signer.sign(request, 1000))
  clock.advance(999)
  assert.deepEqual(signer.verify('PUT', target), request)
  clock.advance(1)
  assert.equal(signer.verify('PUT', target), undefined)
})

test('malformed targets are no requests', () => {
  const targets = [
    '',
    '/',
    '/v1/blobs/',
    `/v1/blobs/${tenant}/a`,
    `/v1/blobs/${tenant}/%ff?method=GET&expires=1&signature=a`,
  ]
  for (const target of [...targets, `/v1/blobs/${tenant}/a/../b?method=GET&expires=99999999999999&signature=a`]) {
    assert.equal(signer.verify('GET', target), undefined)
  }
})
