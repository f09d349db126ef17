import type { Clock } from '@koine/base'
import type { ClientThrottle } from './client-throttles.ts'
import { debtMsMax, type RateKind, throttleMsMax } from './rate-kinds.ts'
import { isRefused } from './rate-throttle.ts'
import type { TenantThrottle } from './tenant-throttle.ts'

/**
 * Slows everybody down, by their quotas, when the node as a whole is at its limit.
 * @see services/streams/src/backpressure
 */
export interface Backpressure {
  /**
   * @param o.weight the tenant's quota in bytes a second
   * @returns milliseconds to mute the connection after this answer, 0 nearly always
   */
  record(tenantId: string, o: { readonly weight: number; readonly bytes: number; readonly nowMs: number }): number
}

/** What an unlimited quota weighs. */
const weightMax = 3_000_000_000

const fetchSeconds = 0.125

interface ChargeParts {
  readonly tenant: TenantThrottle
  readonly client: ClientThrottle
  readonly backpressure: Backpressure | undefined
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * What one request is charged, as its parts become known. Of all waits that come of it the longest counts. Charging is
 * adding numbers: nothing here waits.
 */
export class RequestCharges {
  readonly #parts: ChargeParts
  #untilMs = 0
  #longest: RateKind | undefined
  #bytes = 0
  #hasMutated = false
  #readMs = 0
  /** When the request was taken up. */
  readonly #takenAtMs: number

  constructor(parts: ChargeParts) {
    this.#parts = parts
    this.#takenAtMs = parts.clock.monotonic()
  }

  /** One more request. @param readMs time of the node's thread that it took to read it */
  request(readMs = 0): void {
    const { tenant } = this.#parts
    this.#readMs = readMs
    const nowMs = this.#takenAtMs
    tenant.used(nowMs)
    this.#waitFor('requestsPerSecond', tenant.rates.requestsPerSecond.record(1, nowMs), nowMs)
  }

  /**
   * A request that appends.
   * @returns false when it is refused: the tenant may append nothing, or owes too much already; then nothing is recorded
   */
  produce(bytes: number): boolean {
    const { tenant, client } = this.#parts
    const { produceBytesPerSecond: rate } = tenant.rates
    const nowMs = this.#takenAtMs
    if (isRefused(rate, nowMs)) {
      this.#waitFor(rate.kind, debtMsMax, nowMs)
      return false
    }
    this.#bytes += bytes
    this.#waitFor(rate.kind, rate.record(bytes, nowMs), nowMs)
    if (client.producer_byte_rate) this.#waitFor(rate.kind, client.producer_byte_rate.record(bytes, nowMs), nowMs)
    return true
  }

  /** What a fetch may read: a small part of what the quotas admit within a second, so that no long wait follows. */
  get fetchBytesMax(): number {
    const { tenant, client } = this.#parts
    const ofClient = client.consumer_byte_rate?.bound ?? Infinity
    return Math.max(1, Math.floor(Math.min(tenant.rates.fetchBytesPerSecond.quota, ofClient) * fetchSeconds))
  }

  /** Whether a fetch has to be answered empty, because earlier ones have to be waited for. Nothing is recorded of it. */
  isFetchThrottled(): boolean {
    const { tenant, client } = this.#parts
    const { fetchBytesPerSecond: rate } = tenant.rates
    const nowMs = this.#nowMs()
    const waitMs = Math.max(rate.waitMs(nowMs), client.consumer_byte_rate?.record(0, nowMs) ?? 0)
    this.#waitFor(rate.kind, waitMs, nowMs)
    return waitMs > 0
  }

  /** Bytes that a fetch is answered with. */
  fetch(bytes: number): void {
    const { tenant, client } = this.#parts
    const { fetchBytesPerSecond: rate } = tenant.rates
    const nowMs = this.#nowMs()
    this.#bytes += bytes
    this.#waitFor(rate.kind, rate.record(bytes, nowMs), nowMs)
    if (client.consumer_byte_rate) this.#waitFor(rate.kind, client.consumer_byte_rate.record(bytes, nowMs), nowMs)
  }

  /**
   * Partitions that are to be made or deleted (KIP-599).
   * @param o.isStrict whether the client knows that this may be refused; otherwise it is done, and waited for afterwards
   * @returns false when it is refused; then nothing is recorded
   */
  mutate(partitions: number, { isStrict }: { readonly isStrict: boolean }): boolean {
    const { tenant, client } = this.#parts
    const { partitionMutationsPerSecond: rate } = tenant.rates
    const nowMs = this.#nowMs()
    this.#hasMutated = true
    if (rate.quota === 0 || (isStrict && this.#mutationsWaitMs(nowMs) > 0)) return false
    rate.record(partitions, nowMs)
    client.mutations?.record(partitions, nowMs)
    return true
  }

  /** What was to be made or deleted wasn't, for another reason. */
  notMutated(partitions: number): void {
    const { tenant, client } = this.#parts
    const nowMs = this.#nowMs()
    tenant.rates.partitionMutationsPerSecond.record(-partitions, nowMs)
    client.mutations?.record(-partitions, nowMs)
  }

  /** Time of the node's thread that the request has taken, besides being read. */
  worked(ms: number): void {
    const { tenant, client } = this.#parts
    const { requestPercentage: rate } = tenant.rates
    const nowMs = this.#takenAtMs
    const percentSeconds = (this.#readMs + ms) / 10
    this.#readMs = 0
    this.#waitFor(rate.kind, rate.record(percentSeconds, nowMs), nowMs)
    if (client.request_percentage) {
      this.#waitFor(rate.kind, client.request_percentage.record(percentSeconds, nowMs), nowMs)
    }
  }

  /** Whole milliseconds for which the client has to wait from now on, by what is charged so far. */
  get throttleMs(): number {
    if (this.#untilMs === 0) return 0
    return Math.min(throttleMsMax, Math.max(0, Math.ceil(this.#untilMs - this.#nowMs())))
  }

  /** To be called once, when everything is charged. @returns as `throttleMs`: what the client is told, and how long it isn't read */
  settle(): number {
    const { tenant, backpressure } = this.#parts
    const { rates, quotas, tenantId } = tenant
    const nowMs = this.#nowMs()
    if (this.#hasMutated) this.#waitFor('partitionMutationsPerSecond', this.#mutationsWaitMs(nowMs), nowMs)
    const quotaMs = this.throttleMs
    if (quotaMs > 0) rates[this.#longest!].throttled.record(quotaMs, nowMs)
    if (!backpressure) return quotaMs
    const weight = Math.min(weightMax, quotas.produceBytesPerSecond + quotas.fetchBytesPerSecond)
    const pressedMs = backpressure.record(tenantId, { weight, bytes: this.#bytes, nowMs })
    return Math.max(quotaMs, Math.min(throttleMsMax, Math.ceil(pressedMs)))
  }

  #mutationsWaitMs(nowMs: number): number {
    const { tenant, client } = this.#parts
    const { partitionMutationsPerSecond: rate } = tenant.rates
    return Math.max(rate.waitMs(nowMs), client.mutations?.throttleMs(nowMs) ?? 0)
  }

  #waitFor(kind: RateKind, ms: number, nowMs: number): void {
    if (ms <= 0 || nowMs + ms <= this.#untilMs) return
    this.#untilMs = nowMs + ms
    this.#longest = kind
  }

  #nowMs(): number {
    return this.#parts.clock.monotonic()
  }
}
