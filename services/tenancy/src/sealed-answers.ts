import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/*
 * An answer with a secret in it is remembered only under a key that the server itself doesn't keep: one drawn from the
 * caller's credential, which a repeat of the call brings again. AES-256-GCM; laid out as version (1 byte, 1), salt (16),
 * nonce (12), tag (16), ciphertext.
 */
const version = 1
const headerBytes = 1 + 16 + 12 + 16

const keyOf = (credential: string, salt: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', credential, salt, 'koine idempotent answer', 32))

export function seal(text: string, credential: string): Uint8Array {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(credential, salt), nonce)
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(version), salt, nonce, cipher.getAuthTag(), ciphertext])
}

/** Undefined when it was sealed under another credential. */
export function openSealed(sealed: Uint8Array, credential: string): string | undefined {
  if (sealed.length < headerBytes || sealed[0] !== version) return undefined
  const decipher = createDecipheriv('aes-256-gcm', keyOf(credential, sealed.subarray(1, 17)), sealed.subarray(17, 29))
  decipher.setAuthTag(sealed.subarray(29, 45))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(45)), decipher.final()]).toString('utf8')
  } catch {
    return undefined // The tag doesn't match: another credential.
  }
}
