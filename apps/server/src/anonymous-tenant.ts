import { KoineError, tenantIds } from '@koine/base'
import type { Tenancy } from '@koine/services-tenancy'
import type { TenantScope } from '@koine/stores-ports'
import { isLoopback } from './listening.ts'
import type { Parts } from './parts.ts'

/**
 * The tenant in which Kafka clients that don't authenticate may do everything: a convenience of development.
 * @throws KoineError when it isn't one tenant's, or others than this machine's programs could use it
 */
export async function anonymousTenant(
  { mode, kafka }: Parts['settings'],
  tenancy: Pick<Tenancy, 'tenants' | 'scope'>,
): Promise<TenantScope | undefined> {
  const wanted = kafka.anonymousTenant
  if (wanted === '') return undefined
  if (mode === 'production') throw refuse('is refused in production')
  if (!isLoopback(kafka.host)) throw refuse(`is refused on ${kafka.host}, which others can reach`)
  const id = tenantIds.parse(wanted) ?? (await idOfName(wanted, tenancy))
  return await tenancy.scope(id)
}

async function idOfName(name: string, tenancy: Pick<Tenancy, 'tenants'>) {
  const { tenants } = await tenancy.tenants({ limit: 1000 })
  const [found, ...others] = tenants.filter((tenant) => tenant.name === name && tenant.status === 'active')
  if (!found) throw refuse(`is ${name}, and there is no such tenant`)
  if (others.length > 0) throw refuse(`is ${name}, which several tenants are called; say the id`)
  return found.id
}

const refuse = (why: string): KoineError => new KoineError('invalid_request', `kafka.anonymousTenant ${why}`)
