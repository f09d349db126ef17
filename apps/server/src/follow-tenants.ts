import type { Logger, TenantId } from '@koine/base'
import type { Messaging } from '@koine/services-messaging'
import { type Cleaner, createPlatformTopics, type Streams } from '@koine/services-streams'
import type { Tenancy } from '@koine/services-tenancy'
import type { OutboxRelay, TenantScope } from '@koine/stores-ports'

/**
 * Keeps the relay, the telling of users, the cleaner and the ends of transactions in step with the tenants there are: those of before, those
 * that come and those that go.
 */
export async function followTenants({
  relay,
  cleaner,
  streams,
  messaging,
  tenancy,
  scope,
  logger,
}: Followers): Promise<Disposable> {
  const listeners = new DisposableStack()
  const add = (id: TenantId): void => {
    relay.add(id)
    messaging.fanOut.add(scope(id))
    cleaner.add(scope(id))
    streams.transactions.wakeInTurn(scope(id))
  }
  listeners.use(
    tenancy.onTenantCreated(async ({ id }) => {
      await createPlatformTopics(await tenancy.scope(id))
      add(id)
    }),
  )
  listeners.use(
    tenancy.onTenantDeleting(async (id) => {
      await Promise.all([relay.remove(id), messaging.fanOut.remove(id), cleaner.remove(id)])
    }),
  )
  const finished = await tenancy.resumeDeletions()
  if (finished > 0) logger.info({ tenants: finished }, 'finished deletions that were interrupted')
  let cursor: string | undefined
  do {
    const page = await tenancy.tenants({ limit: 1000, ...(cursor && { cursor }) })
    for (const { id } of page.tenants) add(id)
    cursor = page.cursor
  } while (cursor)
  return listeners
}

interface Followers {
  readonly relay: OutboxRelay
  readonly cleaner: Cleaner
  readonly streams: Pick<Streams, 'transactions'>
  readonly messaging: Pick<Messaging, 'fanOut'>
  readonly tenancy: Tenancy
  readonly scope: (tenant: TenantId) => TenantScope
  readonly logger: Logger
}
