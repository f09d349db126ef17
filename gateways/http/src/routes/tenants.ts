import { route, type Routing, withNewId } from '../routing.ts'
import { pageRequest } from './pages.ts'

export function tenantRoutes(routing: Routing): void {
  const { tenancy } = routing
  route(routing, 'createTenant', (call) => tenancy.createTenant({ name: call.body.name, ...withNewId(call) }))
  route(routing, 'listTenants', async ({ query }) => {
    const { tenants, cursor } = await tenancy.tenants(pageRequest(query))
    return { data: tenants, ...(cursor !== undefined && { nextCursor: cursor }) }
  })
  route(routing, 'getTenant', ({ params }) => tenancy.tenant(params.tenantId))
  route(routing, 'deleteTenant', ({ params }) => tenancy.deleteTenant(params.tenantId).then(() => undefined))
  route(routing, 'suspendTenant', ({ params }) => tenancy.suspendTenant(params.tenantId))
  route(routing, 'resumeTenant', ({ params }) => tenancy.resumeTenant(params.tenantId))
}
