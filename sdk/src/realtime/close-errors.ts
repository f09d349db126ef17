import { type ErrorCode, KoineError } from '@koine/base/errors'
import { closeCodes } from '@koine/protocols-realtime'

const codes: readonly [close: { readonly code: number; readonly reason: string }, code: ErrorCode][] = [
  [closeCodes.badFrame, 'invalid_request'],
  [closeCodes.frameTooLarge, 'too_large'],
  [closeCodes.unauthenticated, 'unauthenticated'],
  [closeCodes.tenantSuspended, 'tenant_suspended'],
  [closeCodes.authenticationTimeout, 'timeout'],
]

/** Why the server won't have us back, as an error. */
export function errorOfClose(closeCode: number): KoineError {
  const [close, code] = codes.find(([{ code }]) => code === closeCode) ?? []
  if (close && code) return new KoineError(code, `The server closed the connection: ${close.reason}.`)
  return new KoineError('invalid_request', `The server closed the connection for good, with code ${closeCode}.`)
}
