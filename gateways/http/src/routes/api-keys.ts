import { route, type Routing, withNewId } from '../routing.ts'
import { pageRequest } from './pages.ts'

export function apiKeyRoutes(routing: Routing): void {
  const { tenancy } = routing
  route(routing, 'createApiKey', (call) =>
    tenancy.createApiKey(call.params.tenantId, { ...call.body, ...withNewId(call) }),
  )
  route(routing, 'listApiKeys', async ({ params, query }) => {
    const { keys, cursor } = await tenancy.apiKeys(params.tenantId, pageRequest(query))
    return { data: keys, ...(cursor !== undefined && { nextCursor: cursor }) }
  })
  route(routing, 'revokeApiKey', ({ params }) =>
    tenancy.revokeApiKey(params.tenantId, params.keyId).then(() => undefined),
  )
}
