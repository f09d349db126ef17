import type { Logger } from '@koine/base'
import type { Streams } from '@koine/services-streams'
import type { Tenancy } from '@koine/services-tenancy'
import type { OutboxRelay } from '@koine/stores-ports'

/**
 * Keeps what works tenant by tenant in step with the tenants there are: the relay runs for those of before and for those
 * that come, and what is held in memory of a tenant goes with it.
 */
export async function followTenants({ relay, streams, tenancy, logger }: Followers): Promise<Disposable> {
  const listeners = new DisposableStack()
  listeners.use(tenancy.onTenantCreated(({ id }) => relay.add(id)))
  listeners.use(
    tenancy.onRevoked(({ tenantId, keyId }) => {
      if (keyId === undefined) streams.forget(tenantId)
    }),
  )
  const finished = await tenancy.resumeDeletions()
  if (finished > 0) logger.info({ tenants: finished }, 'finished deletions that were interrupted')
  let cursor: string | undefined
  do {
    const page = await tenancy.tenants({ limit: 1000, ...(cursor && { cursor }) })
    for (const { id } of page.tenants) relay.add(id)
    cursor = page.cursor
  } while (cursor)
  return listeners
}

interface Followers {
  readonly relay: OutboxRelay
  readonly streams: Streams
  readonly tenancy: Tenancy
  readonly logger: Logger
}
