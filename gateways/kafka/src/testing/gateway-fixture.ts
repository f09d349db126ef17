import { type Clock, Metrics, seededRandomness, silentLogger, systemClock, type TenantId } from '@koine/base'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { Streams } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import type { Stores } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { KafkaGateway, type KafkaGatewayOptions } from '../kafka-gateway.ts'

export interface GatewayFixture extends AsyncDisposable {
  readonly gateway: KafkaGateway
  readonly port: number
  readonly tenancy: Tenancy
  readonly streams: Streams
  readonly metrics: Metrics
  readonly stores: Stores
  readonly acme: TestTenant
  readonly globex: TestTenant
}

export interface TestTenant {
  readonly tenantId: TenantId
  readonly id: string
  readonly secret: string
}

/** A listening gateway with two tenants, over memory stores. */
export async function gatewayFixture(
  options: Partial<KafkaGatewayOptions> & { readonly clock?: Clock } = {},
): Promise<GatewayFixture> {
  const clock = options.clock ?? systemClock
  const common = { clock, randomness: seededRandomness(1), logger: silentLogger, metrics: new Metrics() }
  await using opened = new AsyncDisposableStack()
  const stores = memoryStores(common)
  const tenancy = opened.use(new Tenancy({ stores, ...common, adminToken: 'a token for this test' }))
  const streams = opened.use(
    new Streams({ ...common, quotasOf: async (tenant) => (await tenancy.quotas(tenant)).quotas }),
  )
  opened.use(tenancy.onQuotasChanged((tenant) => streams.throttling.quotasChanged(tenant)))
  const gateway = opened.use(new KafkaGateway({ tenancy, streams, ...common, host: '127.0.0.1', port: 0, ...options }))
  const newTenant = async (name: string): Promise<TestTenant> => {
    const { id: tenantId } = await tenancy.createTenant({ name })
    const { id, secret } = await tenancy.createApiKey(tenantId, {})
    return { tenantId, id, secret }
  }
  const [acme, globex] = [await newTenant('acme'), await newTenant('globex')]
  const port = await gateway.listen()
  const all = opened.move()
  const { metrics } = common
  return {
    gateway,
    port,
    tenancy,
    streams,
    metrics,
    stores,
    acme,
    globex,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

export const batchOf = (...values: readonly string[]): Uint8Array =>
  encodeRecordBatch({ records: values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1_000 })) })
