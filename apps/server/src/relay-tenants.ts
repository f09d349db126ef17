import type { Logger } from '@koine/base'
import type { Tenancy } from '@koine/services-tenancy'
import type { OutboxRelay } from '@koine/stores-ports'

/** Keeps the relay on every tenant there is: those of before, and those that come and go while the process runs. */
export async function relayTenants({ relay, tenancy, logger }: Relaying): Promise<Disposable> {
  const listeners = new DisposableStack()
  listeners.use(tenancy.onTenantCreated(({ id }) => relay.add(id)))
  let cursor: string | undefined
  do {
    const page = await tenancy.tenants({ limit: 1000, ...(cursor && { cursor }) })
    for (const { id, status } of page.tenants) if (status !== 'deleting') relay.add(id)
    cursor = page.cursor
  } while (cursor)
  const finished = await tenancy.resumeDeletions()
  if (finished > 0) logger.info({ tenants: finished }, 'finished deletions that were interrupted')
  return listeners
}

interface Relaying {
  readonly relay: OutboxRelay
  readonly tenancy: Tenancy
  readonly logger: Logger
}
