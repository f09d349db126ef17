import type { Me } from '@koine/contract'
import type { Tenancy } from '@koine/services-tenancy'
import type { Caller } from '../caller.ts'
import { route, type Routing, withNewId } from '../routing.ts'
import { pageRequest } from './pages.ts'

export function userRoutes(routing: Routing): void {
  const { tenancy } = routing
  route(routing, 'getMe', ({ caller }) => me(tenancy, caller!))
  route(routing, 'createUser', (call) => tenancy.createUser(call.scope, { name: call.body.name, ...withNewId(call) }))
  route(routing, 'listUsers', async ({ scope, query }) => {
    const { users, cursor } = await tenancy.users(scope, pageRequest(query))
    return { data: users, ...(cursor !== undefined && { nextCursor: cursor }) }
  })
  route(routing, 'getUser', ({ scope, params }) => tenancy.user(scope, params.userId))
  route(routing, 'createUserToken', ({ scope, params, body }) => tenancy.mintUserToken(scope, params.userId, body))
}

async function me(tenancy: Tenancy, { principal, scope, userId }: Caller): Promise<Me> {
  if (!scope) return { kind: principal.kind }
  const { id, name } = await tenancy.tenant(scope.tenantId)
  return {
    kind: principal.kind,
    tenant: { id, name },
    ...(principal.kind === 'api-key' && { apiKeyId: principal.keyId }),
    ...(userId !== undefined && { user: await tenancy.user(scope, userId) }),
    ...(principal.kind === 'user' && { expiresAt: new Date(principal.expiresAtMs).toISOString() }),
  }
}
