import { createHash, timingSafeEqual } from 'node:crypto'
import { type ApiKeyId, apiKeyIds, type Clock, type Randomness, type TenantId, tenantIds } from '@koine/base'
import type { KafkaGatewayOptions } from '@koine/gateways-kafka'
import { adminScope, type ApiKeyPrincipal } from '@koine/services-tenancy'
import { type RecordKey, scopeTo, type Stores, type TenantScope } from '@koine/stores-ports'

type Doorkeeper = KafkaGatewayOptions['tenancy']

interface Sources {
  readonly stores: Stores
  readonly clock: Clock
  readonly randomness: Randomness
}

/** Which tenant id is the probe's, so that its data is found when another start takes over. */
const probeRecord: RecordKey = { table: 'platform-tenants', pk: 'all', sk: 'probe' }

/**
 * The tenant in which the probe reads and writes: the platform's own, another one at each start. It isn't among the tenants:
 * nobody lists it, finds it, or gives it keys. Its credential is held in memory alone, and the Kafka listener is the only
 * one that takes it.
 */
export class ProbeTenant {
  readonly scope: TenantScope
  readonly credential: { readonly id: ApiKeyId; readonly secret: string }
  readonly #secretHash: Uint8Array
  readonly #stores: Stores

  constructor({ stores, clock, randomness }: Sources) {
    this.#stores = stores
    this.scope = scopeTo(stores, tenantIds.make({ clock, randomness }))
    const secret = Buffer.from(randomness.fill(new Uint8Array(32))).toString('base64url')
    this.credential = { id: apiKeyIds.make({ clock, randomness }), secret }
    this.#secretHash = hashOf(secret)
  }

  /** Takes away what an earlier start has left. To be done before anything is written; may be repeated. */
  async prepare(): Promise<void> {
    const { tenantId } = this.scope
    await dropEarlier(this.#stores, tenantId)
    await this.#stores.tables.control.write({ operations: [{ put: probeRecord, attributes: { tenantId } }] })
  }

  /** The same, which takes the probe's credential as well. */
  admittedBy(tenancy: Doorkeeper): Doorkeeper {
    return {
      authenticateKey: async (id, secret) => this.#principalOf(id, secret) ?? tenancy.authenticateKey(id, secret),
      authenticateKnownKey: (id) => tenancy.authenticateKnownKey(id),
      keyScram: (id) => tenancy.keyScram(id),
      credentialScope: (id) => tenancy.credentialScope(id),
      scramSeed: () => tenancy.scramSeed(),
      onRevoked: (listener) => tenancy.onRevoked(listener),
    }
  }

  #principalOf(id: string, secret: string): ApiKeyPrincipal | undefined {
    if (id !== this.credential.id || !timingSafeEqual(hashOf(secret), this.#secretHash)) return undefined
    const { scope, credential } = this
    return { kind: 'api-key', scope, keyId: credential.id, scopes: [adminScope], expiresAtMs: Infinity }
  }
}

/** Undefined when there is to be no probe; then what an earlier one has left is taken away. */
export async function openProbeTenant(
  { intervalMs }: { readonly intervalMs: number },
  sources: Sources,
): Promise<ProbeTenant | undefined> {
  if (intervalMs > 0) return new ProbeTenant(sources)
  if (await dropEarlier(sources.stores)) {
    await sources.stores.tables.control.write({ operations: [{ delete: probeRecord }] })
  }
  return undefined
}

/** @returns whether there was one, other than the one to spare */
async function dropEarlier({ tables, log, blobs }: Stores, spared?: TenantId): Promise<boolean> {
  const held = await tables.control.get(probeRecord)
  const id = tenantIds.parse(held?.attributes.tenantId)
  if (!id || id === spared) return false
  await log.dropTenant(id)
  await blobs.dropTenant(id)
  await tables.dropTenant(id)
  return true
}

const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest()
