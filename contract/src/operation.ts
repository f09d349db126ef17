import type { ErrorCode } from '@koine/base/errors'
import type { TObject, TSchema } from 'typebox'

/**
 * Which credentials an operation takes. `operator`: the admin token. `api-key`: an API key for itself. `user`: a user
 * token, or an API key that names a user in `Koine-User`.
 */
export type AuthKind = 'operator' | 'api-key' | 'user'

export interface Answer {
  readonly description: string
  /** Absent: there is no body. */
  readonly schema?: TSchema
  /** `application/json` when not given. */
  readonly contentType?: string
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters in braces: `/v1/users/{userId}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Empty: anybody may call it. */
  readonly auth: readonly AuthKind[]
  readonly params?: TObject
  readonly query?: TObject
  readonly headers?: TObject
  readonly body?: TObject
  /** Whether the body may be left out. */
  readonly bodyOptional?: boolean
  /** Whether it takes `Idempotency-Key`. */
  readonly idempotent?: boolean
  readonly responses: { readonly [status: number]: Answer }
  /** Beyond those that every operation of its shape can answer (see `errorsOf`). */
  readonly errors: readonly ErrorCode[]
}

/** Keeps the literal types, so that requests and answers can be inferred. */
export const operation = <const T extends Operation>(it: T): T => it
