import { type TenantId, tenantIds } from '@koine/base'
import type { Tenancy } from '@koine/services-tenancy'
import type { DemoFile } from './demo.ts'

/** What `/v1/demo` answers: the first demo tenant's key and people, with tokens made for this caller. */
export async function demoSession(tenancy: Tenancy, demo: DemoFile) {
  const { id, name, apiKey, users, conversationId } = demo.tenants[0]!
  const scope = await tenancy.scope(tenantIds.parse(id) as TenantId)
  const signedIn = []
  for (const user of users) signedIn.push({ ...user, ...(await tenancy.mintUserToken(scope, user.id)) })
  return { tenant: { id: scope.tenantId, name }, apiKey, users: signedIn, conversationId }
}
