import { createCipheriv, createECDH, hkdfSync } from 'node:crypto'
import { invariant, type Randomness } from '@koine/base'

/*
 * Encryption of a message to a browser (RFC 8291) in one record of `aes128gcm` (RFC 8188): salt, record size, the
 * sender's key of this message, ciphertext.
 */
const recordBytes = 4096
const keyBytes = 65
const headerBytes = 16 + 4 + 1 + keyBytes
const tagBytes = 16
/** The record ends with a delimiter and the tag. */
export const plaintextBytesMax = recordBytes - headerBytes - tagBytes - 1
const lastRecord = 2

export interface BrowserKeys {
  /** An uncompressed point on P-256, 65 bytes. */
  readonly p256dh: Uint8Array
  readonly auth: Uint8Array
}

/** Made anew for each message. */
export interface MessageKeys {
  /** A scalar of P-256, 32 bytes. */
  readonly privateKey: Uint8Array
  readonly salt: Uint8Array
}

export function encryptMessage(plaintext: Uint8Array, { p256dh, auth }: BrowserKeys, keys: MessageKeys): Uint8Array {
  invariant(plaintext.length <= plaintextBytesMax, `a push message has at most ${plaintextBytesMax} bytes`)
  const sender = createECDH('prime256v1')
  sender.setPrivateKey(keys.privateKey)
  const senderKey = sender.getPublicKey()
  const shared = sender.computeSecret(p256dh)
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), p256dh, senderKey])
  const material = derived(shared, auth, keyInfo, 32)
  const contentKey = derived(material, keys.salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derived(material, keys.salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const cipher = createCipheriv('aes-128-gcm', contentKey, nonce)
  const ciphertext = [cipher.update(plaintext), cipher.update(Buffer.of(lastRecord)), cipher.final()]
  const size = Buffer.alloc(4)
  size.writeUInt32BE(recordBytes)
  return Buffer.concat([keys.salt, size, Buffer.of(keyBytes), senderKey, ...ciphertext, cipher.getAuthTag()])
}

const derived = (material: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', material, salt, info, bytes))

export const freshMessageKeys = (randomness: Randomness): MessageKeys => ({
  privateKey: randomScalar(randomness),
  salt: randomness.fill(new Uint8Array(16)),
})

/** A private key of P-256. */
export function randomScalar(randomness: Randomness): Uint8Array {
  for (;;) {
    const scalar = randomness.fill(new Uint8Array(32))
    if (isScalar(scalar)) return scalar
  }
}

/** All but one of four thousand million draws are below the order of the curve. */
function isScalar(scalar: Uint8Array): boolean {
  try {
    createECDH('prime256v1').setPrivateKey(scalar)
    return true
  } catch {
    return false // Zero, or not below the order.
  }
}

/** Whether these bytes are a point that a secret can be agreed on with. */
export function isPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== keyBytes || bytes[0] !== 4) return false
  const any = createECDH('prime256v1')
  any.setPrivateKey(Buffer.alloc(32, 1))
  try {
    any.computeSecret(bytes)
    return true
  } catch {
    return false // Not on the curve.
  }
}
