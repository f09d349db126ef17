import { Metrics } from '@koine/base'
import { Messaging } from '@koine/services-messaging'
import { Cleaner, Streams } from '@koine/services-streams'
import { defaultQuotas, quotasOf, Tenancy } from '@koine/services-tenancy'
import { openEmbeddedStores } from '@koine/stores-embedded'
import { OutboxRelay, scopeTo } from '@koine/stores-ports'
import { adminToken } from './admin-token.ts'
import { type DemoFile, demoPath, makeDemo, readDemo, refuseDemoCredentials } from './demo.ts'
import { openGateways } from './gateways.ts'
import { followTenants } from './follow-tenants.ts'
import { NodeHealth } from './health/node-health.ts'
import type { Addresses, Parts } from './parts.ts'
import { openProbeTenant } from './probe/probe-tenant.ts'

export interface Server extends AsyncDisposable {
  readonly addresses: Addresses
  readonly demo: DemoFile | undefined
}

/**
 * The whole program in one process: stores, services, gateways, built in that order and disposed in reverse, so that the
 * doors close first and the stores last. What was opened is closed again when a later part fails.
 */
export async function compose(parts: Parts): Promise<Server> {
  await using opened = new AsyncDisposableStack()
  const { settings, clock, randomness, logger } = parts
  const { mode, dataDir, messaging: limits } = settings
  const metrics = new Metrics()
  metrics.collectProcess()
  const common = { clock, randomness, logger, metrics }

  const stores = opened.use(
    await openEmbeddedStores({ directory: dataDir, disk: settings.disk, ...common, tiering: settings.streams.tiering }),
  )
  const kept = await readDemo(dataDir)
  const token = adminToken({ configured: settings.adminToken, kept: kept?.adminToken, mode, randomness })
  const tenancy = opened.use(
    new Tenancy({ stores, clock, randomness, logger, adminToken: token, quotas: quotasOf(settings.streams.quotas) }),
  )
  if (mode === 'production' && kept) {
    await refuseDemoCredentials(kept, token, tenancy)
    logger.warn({ file: demoPath(dataDir) }, 'production refuses demo keys: those in this file are revoked; it can go')
  }
  const probeTenant = await openProbeTenant(settings.probe, { stores, clock, randomness })
  const streams = opened.use(
    new Streams({
      ...common,
      backpressure: settings.streams.backpressure,
      quotasOf: async (tenant) =>
        tenant === probeTenant?.scope.tenantId ? defaultQuotas : (await tenancy.quotas(tenant)).quotas,
    }),
  )
  opened.use(
    streams.backpressure.watch({
      name: 'disk',
      read: () => stores.diskHealth.oldestWaitMs(),
      limit: settings.streams.backpressure.diskWaitMsMax,
      isWait: true,
    }),
  )
  opened.use(tenancy.onQuotasChanged((tenant) => streams.throttling.quotasChanged(tenant)))
  const messaging = opened.use(
    new Messaging({ ...common, limits, usersExist: (scope, ids) => tenancy.usersExist(scope, ids) }),
  )
  const relay = opened.use(new OutboxRelay({ scope: (tenant) => scopeTo(stores, tenant), ...common }))
  const cleaner = opened.use(new Cleaner({ streams, clock, logger, metrics }))
  if (probeTenant) {
    cleaner.add(probeTenant.scope)
    streams.leaveOutOfMetrics(probeTenant.scope.tenantId)
  }
  opened.use(
    await followTenants({ relay, cleaner, streams, messaging, tenancy, scope: (id) => scopeTo(stores, id), logger }),
  )

  const demo = mode === 'development' ? (kept ?? (await makeDemo(dataDir, token, { tenancy, messaging }))) : undefined
  const health = opened.use(
    new NodeHealth({ disk: stores.diskHealth, diskSpace: stores.diskSpace, backpressure: streams.backpressure, clock }),
  )
  const behind = { tenancy, streams, messaging, stores, health, probeTenant, metrics, demo }
  const addresses = await openGateways(opened, parts, behind)
  const all = opened.move()
  return { addresses, demo, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
