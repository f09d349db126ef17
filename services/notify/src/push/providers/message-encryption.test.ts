import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandomness } from '@koine/base'
import { Browser } from '../../testing/browser.ts'
import { encryptMessage, freshMessageKeys, isPoint, plaintextBytesMax } from './message-encryption.ts'

/** RFC 8291, section 5 and appendix A. */
const vector = {
  plaintext: 'When I grow up, I want to be a watermelon',
  senderPrivate: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  browserPrivate: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  browserPublic: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl' +
    '7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

test('the example of RFC 8291 is encrypted byte for byte', () => {
  const body = encryptMessage(
    Buffer.from(vector.plaintext),
    { p256dh: bytesOf(vector.browserPublic), auth: bytesOf(vector.auth) },
    { privateKey: bytesOf(vector.senderPrivate), salt: bytesOf(vector.salt) },
  )
  assert.equal(Buffer.from(body).toString('base64url'), vector.body)
})

test('the browser of the tests reads the example of RFC 8291', async () => {
  const browser = await Browser.of({
    privateKey: vector.browserPrivate,
    p256dh: vector.browserPublic,
    auth: vector.auth,
  })
  assert.equal(await browser.read(bytesOf(vector.body)), vector.plaintext)
})

test('messages of every length up to the largest are read by a browser, and by no other', async () => {
  const [browser, other] = await Promise.all([Browser.make(), Browser.make()])
  const keys = { p256dh: bytesOf(browser.p256dh), auth: bytesOf(browser.auth) }
  for (const length of [0, 1, 15, 16, 17, 1000, plaintextBytesMax]) {
    const text = 'x'.repeat(length)
    const body = encryptMessage(Buffer.from(text), keys, freshMessageKeys(systemRandomness))
    assert.ok(body.length <= 4096)
    assert.equal(await browser.read(body), text)
    await assert.rejects(other.read(body))
  }
  assert.throws(() => encryptMessage(Buffer.alloc(plaintextBytesMax + 1), keys, freshMessageKeys(systemRandomness)))
})

test('only points of the curve are keys', () => {
  const point = Buffer.from(bytesOf(vector.browserPublic))
  assert.equal(isPoint(point), true)
  const off = Buffer.from(point)
  off[40] = off[40]! ^ 1
  for (const bytes of [off, point.subarray(1), Buffer.alloc(65), Buffer.concat([Buffer.of(4), Buffer.alloc(64)])]) {
    assert.equal(isPoint(bytes), false)
  }
})
