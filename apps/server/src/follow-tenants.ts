import type { Logger } from '@koine/base'
import { createPlatformTopics } from '@koine/services-streams'
import type { Tenancy } from '@koine/services-tenancy'
import type { OutboxRelay } from '@koine/stores-ports'

/** Keeps the relay in step with the tenants there are: those of before, those that come, and those that go. */
export async function followTenants({ relay, tenancy, logger }: Followers): Promise<Disposable> {
  const listeners = new DisposableStack()
  listeners.use(
    tenancy.onTenantCreated(async ({ id }) => {
      await createPlatformTopics(await tenancy.scope(id))
      relay.add(id)
    }),
  )
  listeners.use(tenancy.onTenantDeleting((id) => relay.remove(id)))
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
  readonly tenancy: Tenancy
  readonly logger: Logger
}
