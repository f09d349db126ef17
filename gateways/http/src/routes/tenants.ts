import type { TenantQuotas as ContractQuotas } from '@koine/contract'
import { type OwnQuotas, quotaKinds, quotaValue, type TenantQuotas } from '@koine/services-tenancy'
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
  route(routing, 'getTenantQuotas', async ({ params }) => asContractQuotas(await tenancy.quotas(params.tenantId)))
  route(routing, 'setTenantQuotas', async ({ params, body }) =>
    asContractQuotas(await tenancy.changeQuotas(params.tenantId, body, { replace: true })),
  )
  route(routing, 'changeTenantQuotas', async ({ params, body }) =>
    asContractQuotas(await tenancy.changeQuotas(params.tenantId, body)),
  )
}

const asContractQuotas = ({ quotas, own }: { quotas: TenantQuotas; own: OwnQuotas }): ContractQuotas => ({
  quotas: Object.fromEntries(quotaKinds.map((kind) => [kind, quotaValue(quotas[kind])])) as ContractQuotas['quotas'],
  own,
})
