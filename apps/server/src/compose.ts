import { type Clock, KoineError, type Logger, Metrics, type Randomness, type SettingsOf } from '@koine/base'
import { HttpGateway } from '@koine/gateways-http'
import { KafkaGateway } from '@koine/gateways-kafka'
import { WebSocketGateway } from '@koine/gateways-websocket'
import { Messaging } from '@koine/services-messaging'
import { PlatformEvents, Streams } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import { openEmbeddedStores } from '@koine/stores-embedded'
import { OutboxRelay, type Stores } from '@koine/stores-ports'
import { demoSession } from './demo-session.ts'
import { type DemoFile, makeDemo, readDemo } from './demo.ts'
import { listenFailure } from './listening.ts'
import { relayTenants } from './relay-tenants.ts'
import type { settingsSchema } from './settings.ts'

export interface Parts {
  readonly settings: SettingsOf<typeof settingsSchema>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  /** The built console; undefined where it isn't built. */
  readonly consoleDirectory: string | undefined
}

export interface Addresses {
  /** `http://host:port` */
  readonly http: string
  /** `host:port` */
  readonly kafka: string
}

/** The whole program in one process: stores, services, gateways, in that order; disposed in reverse. */
export interface Server extends AsyncDisposable {
  readonly addresses: Addresses
  readonly demo: DemoFile | undefined
}

export async function compose(parts: Parts): Promise<Server> {
  await using opened = new AsyncDisposableStack()
  const { settings, clock, randomness, logger } = parts
  const metrics = new Metrics()
  metrics.collectProcess()
  const common = { clock, randomness, logger, metrics }

  const stores = opened.use(await openEmbeddedStores({ directory: settings.dataDir, ...common }))
  const kept = settings.mode === 'development' ? await readDemo(settings.dataDir) : undefined
  const tenancy = opened.use(new Tenancy({ stores, clock, randomness, logger, adminToken: adminToken(parts, kept) }))
  const relay = opened.use(new OutboxRelay({ tables: stores.tables, log: stores.log, ...common }))
  const streams = opened.use(new Streams(common))
  const messaging = opened.use(newMessaging(parts, tenancy, metrics))
  opened.use(await relayTenants({ relay, tenancy, logger }))

  const demo =
    settings.mode === 'development'
      ? (kept ?? (await makeDemo(settings.dataDir, adminToken(parts, kept), { tenancy, messaging })))
      : undefined
  const services = { tenancy, streams, messaging, stores, demo }
  const addresses = await listen(opened, parts, services, metrics)
  const all = opened.move()
  return { addresses, demo, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

interface Services {
  readonly tenancy: Tenancy
  readonly streams: Streams
  readonly messaging: Messaging
  readonly stores: Stores
  readonly demo: DemoFile | undefined
}

const generated = new WeakMap<Parts, string>()

/** The operator's credential: as configured, or as kept from the first start, or made now. */
function adminToken(parts: Parts, kept: DemoFile | undefined): string {
  const { settings, randomness } = parts
  if (settings.adminToken !== '') return settings.adminToken
  if (settings.mode === 'production') {
    throw new KoineError(
      'invalid_request',
      'production mode needs an admin token of at least 16 characters: set KOINE_ADMIN_TOKEN',
    )
  }
  if (kept) return kept.adminToken
  const made = generated.get(parts) ?? `admin_${Buffer.from(randomness.fill(new Uint8Array(32))).toString('base64url')}`
  generated.set(parts, made)
  return made
}
