import { KoineError } from '@koine/base'
import type { Principal } from './principal.ts'

/** What one token of an exchange leads to: a challenge that the client answers, or the end, with who it is. */
export type SaslStep =
  | { readonly token: Uint8Array; readonly principal: undefined }
  | { readonly token: Uint8Array; readonly principal: Principal }

/** One authentication by one mechanism. Refusals are thrown as `SaslRefusal` or as a KoineError of the credential. */
export interface SaslExchange {
  step(token: Uint8Array): Promise<SaslStep>
}

/** The exchange has failed; the message may be told. */
export class SaslRefusal extends Error {
  override readonly name = 'SaslRefusal'
}

/** In the words that every bad credential is answered with. */
export const badCredential = (): KoineError =>
  new KoineError('unauthenticated', 'The credential is missing, unknown, expired or revoked.')
