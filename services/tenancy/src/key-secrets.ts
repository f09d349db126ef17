import { createHash, timingSafeEqual } from 'node:crypto'
import type { Randomness } from '@koine/base'

/** 32 random bytes as 43 characters of base64url: too many to guess, so a plain hash of it is safe to keep. */
export const makeSecret = (randomness: Randomness): string =>
  Buffer.from(randomness.fill(new Uint8Array(32))).toString('base64url')

/** SHA-256 of the text's UTF-8. */
export const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** In a time that doesn't depend on where they differ. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
