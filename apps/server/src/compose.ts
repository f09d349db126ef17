import { Metrics } from '@koine/base'
import { Messaging } from '@koine/services-messaging'
import { Cleaner, Streams } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import { openEmbeddedStores } from '@koine/stores-embedded'
import { OutboxRelay, scopeTo } from '@koine/stores-ports'
import { adminToken } from './admin-token.ts'
import { type DemoFile, demoPath, makeDemo, readDemo, refuseDemoCredentials } from './demo.ts'
import { openGateways } from './gateways.ts'
import { followTenants } from './follow-tenants.ts'
import type { Addresses, Parts } from './parts.ts'

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

  const stores = opened.use(await openEmbeddedStores({ directory: dataDir, ...common }))
  const kept = await readDemo(dataDir)
  const token = adminToken({ configured: settings.adminToken, kept: kept?.adminToken, mode, randomness })
  const tenancy = opened.use(new Tenancy({ stores, clock, randomness, logger, adminToken: token }))
  if (mode === 'production' && kept) {
    await refuseDemoCredentials(kept, token, tenancy)
    logger.warn({ file: demoPath(dataDir) }, 'production refuses demo keys: those in this file are revoked; it can go')
  }
  const streams = opened.use(new Streams(common))
  const messaging = opened.use(
    new Messaging({ ...common, limits, usersExist: (scope, ids) => tenancy.usersExist(scope, ids) }),
  )
  const relay = opened.use(new OutboxRelay({ scope: (tenant) => scopeTo(stores, tenant), ...common }))
  const cleaner = opened.use(new Cleaner({ streams, clock, logger, metrics }))
  opened.use(
    await followTenants({ relay, cleaner, streams, messaging, tenancy, scope: (id) => scopeTo(stores, id), logger }),
  )

  const demo = mode === 'development' ? (kept ?? (await makeDemo(dataDir, token, { tenancy, messaging }))) : undefined
  const addresses = await openGateways(opened, parts, { tenancy, streams, messaging, stores, metrics, demo })
  const all = opened.move()
  return { addresses, demo, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
