import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto'
import type { Randomness } from '@koine/base'
import { SignJWT } from 'jose'
import { randomScalar } from './message-encryption.ts'

/** The application server's keys of Web Push (RFC 8292), in base64url as browsers take them. */
export interface VapidKeys {
  /** An uncompressed point on P-256, 65 bytes: a browser subscribes with it as its `applicationServerKey`. */
  readonly publicKey: string
  /** 32 bytes. */
  readonly privateKey: string
}

export function makeVapidKeys(randomness: Randomness): VapidKeys {
  const privateKey = Buffer.from(randomScalar(randomness)).toString('base64url')
  return { publicKey: vapidPublicKey(privateKey), privateKey }
}

/** Throws when it isn't the private key of any point. */
export function vapidPublicKey(privateKey: string): string {
  const keys = createECDH('prime256v1')
  keys.setPrivateKey(Buffer.from(privateKey, 'base64url'))
  return keys.getPublicKey('base64url')
}

/** The token for one push service. A day ahead is the longest that services take. */
export function signVapidToken(
  keys: VapidKeys,
  {
    audience,
    contact,
    expiresAtMs,
  }: { readonly audience: string; readonly contact: string; readonly expiresAtMs: number },
): Promise<string> {
  return new SignJWT({ sub: contact })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setAudience(audience)
    .setExpirationTime(Math.floor(expiresAtMs / 1000))
    .sign(signingKey(keys))
}

function signingKey({ publicKey, privateKey }: VapidKeys): KeyObject {
  const point = Buffer.from(publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', d: privateKey, x, y } })
}
