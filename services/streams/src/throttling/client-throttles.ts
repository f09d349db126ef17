import type { EntityQuotas } from '../quotas/client-quotas.ts'
import { entityKey } from '../quotas/quota-entity.ts'
import { grantedTo, grantedToAddress, type QuotaBook } from './quota-precedence.ts'
import { RateQuota } from './rate-quota.ts'
import { TokenBucket } from './token-bucket.ts'

export type ClientKind = 'producer_byte_rate' | 'consumer_byte_rate' | 'request_percentage'

/** What holds for one client by what its tenant grants; undefined where nothing is granted. */
export interface ClientThrottle {
  readonly producer_byte_rate: RateQuota | undefined
  readonly consumer_byte_rate: RateQuota | undefined
  readonly request_percentage: RateQuota | undefined
  readonly mutations: TokenBucket | undefined
}

const nothingGranted: ClientThrottle = {
  producer_byte_rate: undefined,
  consumer_byte_rate: undefined,
  request_percentage: undefined,
  mutations: undefined,
}
/** Client ids are free to choose: the one that was quiet for longest is forgotten. */
const heldMax = 5_000
/** As Kafka bounds it: one sample. */
const requestThrottleMsMax = 1_000
const burstSeconds = 11

/** The quotas that a tenant grants its own users, client ids and addresses, and what these use of them. */
export class ClientThrottles {
  #book: QuotaBook = new Map()
  readonly #rates = new Map<string, RateQuota>()
  readonly #buckets = new Map<string, { readonly bucket: TokenBucket; quota: number }>()
  #version = 0

  /** Changes when what was told by `of` may not hold any more. */
  get version(): number {
    return this.#version
  }

  /** From now on; use so far still counts. */
  load(entities: readonly EntityQuotas[]): void {
    this.#version++
    this.#book = new Map(entities.map(({ entity, values }) => [entityKey(entity), values]))
    if (this.#book.size > 0) return
    this.#rates.clear()
    this.#buckets.clear()
  }

  of(client: { readonly user: string; readonly clientId: string }, nowMs: number): ClientThrottle {
    if (this.#book.size === 0) return nothingGranted
    const rate = (key: ClientKind): RateQuota | undefined => {
      const granted = grantedTo(this.#book, key, client)
      return granted && this.#rate(`${key} ${granted.sharedBy}`, granted.quota, key === 'request_percentage')
    }
    return {
      producer_byte_rate: rate('producer_byte_rate'),
      consumer_byte_rate: rate('consumer_byte_rate'),
      request_percentage: rate('request_percentage'),
      mutations: this.#mutations(client, nowMs),
    }
  }

  /** One more connection from an address; for how long it isn't served yet. */
  connected(address: string, nowMs: number): number {
    const quota = grantedToAddress(this.#book, 'connection_creation_rate', address)
    return quota === undefined ? 0 : this.#rate(`ip ${address}`, quota, true).record(1, nowMs)
  }

  #rate(name: string, bound: number, isShort: boolean): RateQuota {
    const held =
      this.#rates.get(name) ?? new RateQuota({ bound, ...(isShort && { throttleMsMax: requestThrottleMsMax }) })
    held.bound = bound
    keep(this.#rates, name, held)
    return held
  }

  #mutations(client: { readonly user: string; readonly clientId: string }, nowMs: number): TokenBucket | undefined {
    const granted = grantedTo(this.#book, 'controller_mutation_rate', client)
    if (!granted) return undefined
    const { quota: perSecond, sharedBy } = granted
    const change = { perSecond, burst: perSecond * burstSeconds }
    const held = this.#buckets.get(sharedBy) ?? { bucket: new TokenBucket({ ...change, nowMs }), quota: perSecond }
    if (held.quota !== perSecond) held.bucket.change(change, nowMs)
    held.quota = perSecond
    keep(this.#buckets, sharedBy, held)
    return held.bucket
  }
}

function keep<T>(held: Map<string, T>, name: string, value: T): void {
  held.delete(name)
  held.set(name, value)
  if (held.size > heldMax) held.delete(held.keys().next().value!)
}
