import { KoineError, type TenantId, type UserId, userIds } from '@koine/base'
import type { Operation } from '@koine/contract'
import { adminScope, type Principal, type Tenancy } from '@koine/services-tenancy'
import type { FastifyRequest } from 'fastify'
import type { Scope } from './options.ts'

/** Who calls, once it is clear that they may call this. */
export interface Caller {
  readonly principal: Principal
  /** The text after `Bearer`. */
  readonly bearer: string
  /** Undefined for the operator. */
  readonly scope: Scope | undefined
  /** The user of the token, or the one for whom an API key acts. */
  readonly userId: UserId | undefined
}

/** Undefined where the operation asks for no credential. */
export async function callerOf(
  request: FastifyRequest,
  operation: Operation,
  tenancy: Tenancy,
): Promise<Caller | undefined> {
  if (operation.auth.length === 0) return undefined
  const bearer = bearerOf(request)
  const principal = await tenancy.authenticateBearer(bearer)
  refuseWrongKind(principal, operation)
  if (principal.kind === 'operator') return { principal, bearer, scope: undefined, userId: undefined }
  refuseScoped(principal)
  const { scope } = principal
  const named = request.headers['koine-user'] as string | undefined
  if (principal.kind === 'user') {
    if (named !== undefined && named !== principal.userId) {
      throw new KoineError('forbidden', 'A user token acts for its own user only; leave out Koine-User.')
    }
    return { principal, bearer, scope, userId: principal.userId }
  }
  if (named !== undefined && operation.auth.includes('user')) {
    return { principal, bearer, scope, userId: await existingUser(tenancy, scope, named) }
  }
  if (!operation.auth.includes('api-key')) {
    throw new KoineError('invalid_request', 'An API key says in the header Koine-User which user it acts for.')
  }
  return { principal, bearer, scope, userId: undefined }
}

/** Names the caller in the memory of idempotent calls. */
export function principalName({ principal, userId }: Caller): string {
  if (principal.kind === 'operator') return 'operator'
  if (principal.kind === 'user') return principal.userId
  return userId === undefined ? principal.keyId : `${principal.keyId} for ${userId}`
}

export const tenantOf = (caller: Caller): TenantId | undefined => caller.scope?.tenantId

/** @throws KoineError `unauthenticated` */
export function bearerOf(request: FastifyRequest): string {
  const match = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '')
  if (!match) {
    throw new KoineError('unauthenticated', 'Send a credential in the header Authorization, as "Bearer <credential>".')
  }
  return match[1]!
}

/** The scopes that a tenant names itself are for Kafka's ACLs. */
function refuseScoped(principal: Principal): void {
  if (principal.kind !== 'api-key' || principal.scopes.includes(adminScope)) return
  throw new KoineError('forbidden', `Over HTTP an API key needs the scope ${adminScope}.`)
}

function refuseWrongKind({ kind }: Principal, { auth }: Operation): void {
  const fits = kind === 'api-key' ? auth.includes('api-key') || auth.includes('user') : auth.includes(kind)
  if (fits) return
  const wanted = auth.map((it) => wordsOf[it]).join(' or ')
  throw new KoineError('forbidden', `This takes ${wanted}, not ${wordsOf[kind]}.`)
}

const wordsOf = { operator: 'the admin token', 'api-key': 'an API key', user: 'a user token' } as const

/** What isn't an id, or another tenant's, is no user here. */
async function existingUser(tenancy: Tenancy, scope: Scope, named: string): Promise<UserId> {
  const id = userIds.parse(named)
  if (!id) throw new KoineError('not_found', 'Koine-User is not the id of a user.')
  return (await tenancy.user(scope, id)).id
}
