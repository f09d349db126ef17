import { type ErrorCode, errorTable } from '@koine/base/errors'
import type { Operation } from './operation.ts'
import { conversationOperations } from './operations/conversations.ts'
import { healthOperations } from './operations/health.ts'
import { serverOperations, streamOperations } from './operations/streams.ts'
import { tenantOperations } from './operations/tenants.ts'
import { userOperations } from './operations/users.ts'

/** The whole HTTP API: routes, validation, the document and the SDK's types all come from this table. */
export const operations = {
  ...tenantOperations,
  ...userOperations,
  ...conversationOperations,
  ...streamOperations,
  ...healthOperations,
  ...serverOperations,
} as const

export type Operations = typeof operations
export type OperationId = keyof Operations

/** `[id, operation]` of each, as the general type. */
export const operationEntries = Object.entries(operations) as [OperationId, Operation][]

const always: readonly ErrorCode[] = ['internal', 'unavailable', 'overloaded', 'timeout']
const whenAuthenticated: readonly ErrorCode[] = ['unauthenticated', 'forbidden', 'tenant_suspended', 'rate_limited']
const whenBodied: readonly ErrorCode[] = ['invalid_request', 'too_large', 'unsupported_media_type']
const whenIdempotent: readonly ErrorCode[] = ['idempotency_key_reused', 'conflict', 'already_exists']

/** Every error that an operation can answer: its own and those of its shape, in the order of the table. */
export function errorsOf(operation: Operation): ErrorCode[] {
  const codes = new Set<ErrorCode>([
    ...operation.errors,
    ...always,
    'invalid_request',
    ...(operation.auth.length > 0 ? whenAuthenticated : []),
    ...(operation.auth.includes('user') ? (['not_found'] as const) : []),
    ...(operation.body ? whenBodied : []),
    ...(operation.idempotent ? whenIdempotent : []),
  ])
  return (Object.keys(errorTable) as ErrorCode[]).filter((code) => codes.has(code))
}
