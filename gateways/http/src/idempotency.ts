import { apiKeyIds, conversationIds, type IdKind, KoineError, messageIds, tenantIds, userIds } from '@koine/base'
import type { OperationId } from '@koine/contract'
import type { Tenancy } from '@koine/services-tenancy'
import type { FastifyRequest } from 'fastify'
import { type Caller, principalName, tenantOf } from './caller.ts'
import { InvalidFields } from './problems.ts'
import type { ValidRequest } from './validation.ts'

/**
 * What an idempotent operation makes. Over a crash between effect and stored answer (see `IdempotentCalls` of tenancy) a
 * tenant, user, key or conversation is held to one by this id, and a message by its clientMessageId.
 */
const idsOf: { readonly [id in OperationId]?: IdKind<string> } = {
  createTenant: tenantIds,
  createApiKey: apiKeyIds,
  createUser: userIds,
  createConversation: conversationIds,
  sendMessage: messageIds,
}

/** Operations whose answer holds a secret: what is remembered of it is sealed under the caller's credential. */
const answersSecret: ReadonlySet<OperationId> = new Set<OperationId>(['createApiKey'])

/** The `Idempotency-Key`, if there is one. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw new InvalidFields([{ field: 'headers/idempotency-key', message: 'has 1 to 255 printable ASCII characters' }])
}

/** Runs a call once for its key. `run` gets the id of what it makes, the same in every try. */
export function onceForKey(
  tenancy: Tenancy,
  call: { id: OperationId; key: string; caller: Caller; request: ValidRequest },
  run: (newId: string) => Promise<unknown>,
): Promise<{ answer: unknown; repeated: boolean }> {
  const ids = idsOf[call.id]
  if (!ids) throw new KoineError('invalid_request', 'This operation takes no Idempotency-Key.')
  const { params, query, body } = call.request
  return tenancy.once(
    {
      tenantId: tenantOf(call.caller),
      principal: principalName(call.caller),
      operation: call.id,
      key: call.key,
      request: canonicalJson([params, query, body]),
      ...(answersSecret.has(call.id) && { sealUnder: call.caller.bearer }),
    },
    { ids, run },
  )
}

/** JSON with the fields in order, so that the same request spelled in another order is the same. Shallow: it was validated. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
