import { Metrics, silentLogger, systemClock, systemRandomness } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { KafkaGateway, type KafkaGatewayLimits } from '@koine/gateways-kafka'
import { Streams, type StreamsLimits } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import { openEmbeddedStores } from '@koine/stores-embedded'

export interface Credential {
  readonly id: string
  readonly secret: string
}

/** The streams part of the program in this process, over embedded stores, with two tenants. */
export interface InProcessServer extends AsyncDisposable {
  readonly port: number
  readonly acme: Credential
  readonly globex: Credential
  /** A topic of acme's that the platform has made, as it does with its first event. */
  readonly platformTopic: string
}

export async function startInProcess({
  streamsLimits,
  gatewayLimits,
  advertisedPort,
}: {
  readonly streamsLimits?: Partial<StreamsLimits>
  readonly gatewayLimits?: Partial<KafkaGatewayLimits>
  readonly advertisedPort?: number
} = {}): Promise<InProcessServer> {
  await using opened = new AsyncDisposableStack()
  const common = { clock: systemClock, randomness: systemRandomness, logger: silentLogger, metrics: new Metrics() }
  const directory = opened.use(temporaryDirectory())
  const stores = opened.use(await openEmbeddedStores({ directory: directory.path, ...common }))
  const tenancy = opened.use(new Tenancy({ stores, ...common, adminToken: 'an admin token for this test' }))
  const streams = opened.use(new Streams({ ...common, ...(streamsLimits && { limits: streamsLimits }) }))
  const gateway = opened.use(
    new KafkaGateway({
      tenancy,
      streams,
      ...common,
      host: '127.0.0.1',
      port: 0,
      advertisedPort,
      ...(gatewayLimits && { limits: gatewayLimits }),
    }),
  )
  const [acme, globex] = [await tenancy.createTenant({ name: 'acme' }), await tenancy.createTenant({ name: 'globex' })]
  const platformTopic = 'koine.messages'
  await stores.log.forTenant(acme.id).createTopic({ name: platformTopic, partitions: 1 })
  const keys = { acme: await tenancy.createApiKey(acme.id, {}), globex: await tenancy.createApiKey(globex.id, {}) }
  const port = await gateway.listen()
  const all = opened.move()
  return { port, ...keys, platformTopic, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
