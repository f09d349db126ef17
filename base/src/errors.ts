/**
 * The one table of expected failures: a stable code, whether the same call may succeed later, and what the code becomes
 * at each gateway. `http` is a status (RFC 9110), `kafka` an error code of the Kafka protocol. Over WebSocket a failure
 * is an error frame that carries the code; failures of the connection itself are close codes (see close-codes.ts).
 */
export const errorTable = {
  invalid_request: { retryable: false, http: 400, kafka: 42, title: 'The request is malformed' },
  unauthenticated: { retryable: false, http: 401, kafka: 58, title: 'The credential is missing, unknown or expired' },
  forbidden: { retryable: false, http: 403, kafka: 29, title: 'The credential does not allow this' },
  tenant_suspended: { retryable: false, http: 403, kafka: 58, title: 'The tenant is suspended' },
  not_found: { retryable: false, http: 404, kafka: 3, title: 'There is no such thing' },
  method_not_allowed: { retryable: false, http: 405, kafka: 35, title: 'The resource does not support this method' },
  already_exists: { retryable: false, http: 409, kafka: 36, title: 'It exists already' },
  client_message_id_reused: {
    retryable: false,
    http: 409,
    kafka: 42,
    title: 'The client message id was used with another body',
  },
  idempotency_key_reused: {
    retryable: false,
    http: 422,
    kafka: 42,
    title: 'The idempotency key was used with another request',
  },
  conflict: { retryable: true, http: 409, kafka: 7, title: 'A concurrent change came first' },
  too_large: { retryable: false, http: 413, kafka: 10, title: 'The body is over the limit' },
  unsupported_media_type: { retryable: false, http: 415, kafka: 42, title: 'The content type is not supported' },
  rate_limited: { retryable: true, http: 429, kafka: 89, title: 'Too many requests' },
  overloaded: { retryable: true, http: 429, kafka: 89, title: 'The server is at its limit' },
  internal: { retryable: false, http: 500, kafka: -1, title: 'Something broke on our side' },
  unavailable: { retryable: true, http: 503, kafka: 8, title: 'A part that this needs is not available' },
  timeout: { retryable: true, http: 504, kafka: 7, title: 'It took too long; the outcome is unknown' },
} as const satisfies Record<string, ErrorFaces>

export interface ErrorFaces {
  readonly retryable: boolean
  readonly http: number
  readonly kafka: number
  readonly title: string
}

export type ErrorCode = keyof typeof errorTable

export interface ErrorOptions {
  readonly cause?: unknown
  /** When the same call is worth another try, in milliseconds. */
  readonly retryAfterMs?: number
}

/** An expected failure. The message says what was wrong, with what, and what to do; it never holds a secret or a body. */
export class KoineError extends Error {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KoineError'
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }
}

/** Any thrown value as a KoineError: what isn't expected becomes `internal`, with the original as its cause. */
export function toKoineError(thrown: unknown): KoineError {
  if (thrown instanceof KoineError) return thrown
  return new KoineError('internal', 'An unexpected failure; the log has the details.', { cause: thrown })
}

/** States an invariant. A breach is a bug: it throws an AssertionError-like error, never a KoineError. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantBroken(message)
}

export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken'
}
