import { type Clock, KoineError, sleep } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { FetchedPartition, FetchRequest } from '../records/fetch.ts'
import type { RateKind } from '../throttling/rate-kinds.ts'
import { throttleMsMax } from '../throttling/rate-kinds.ts'
import type { TenantThrottle } from '../throttling/tenant-throttle.ts'
import type { Throttling } from '../throttling/throttling.ts'

interface QuotaParts {
  readonly throttling: Throttling
  readonly clock: Clock
}

/**
 * The quotas of Kafka clients for those who come another way and can't be muted: they are refused while earlier requests have
 * to be waited for, and told when to come back.
 */
export class RequestQuotas {
  readonly #throttling: Throttling
  readonly #clock: QuotaParts['clock']

  constructor({ throttling, clock }: QuotaParts) {
    this.#throttling = throttling
    this.#clock = clock
  }

  /** @throws KoineError `rate_limited` */
  async produce(scope: TenantScope, bytes: number): Promise<void> {
    const tenant = await this.#throttling.of(scope)
    this.#refuse(tenant, ['requestsPerSecond', 'produceBytesPerSecond'])
    const charges = this.#throttling.charges(tenant)
    charges.request()
    charges.produce(bytes)
    charges.settle()
  }

  /**
   * Reads with `fetch`. Who asks for what is there is refused, who follows what comes waits.
   * @throws KoineError `rate_limited`
   */
  async fetch(
    scope: TenantScope,
    request: FetchRequest,
    fetch: (request: FetchRequest) => Promise<readonly FetchedPartition[]>,
  ): Promise<readonly FetchedPartition[]> {
    const tenant = await this.#throttling.of(scope)
    if (request.waitMsMax > 0) await this.#wait(tenant, request.signal)
    else this.#refuse(tenant, ['requestsPerSecond', 'fetchBytesPerSecond'])
    const charges = this.#throttling.charges(tenant)
    const fetched = await fetch({ ...request, bytesMax: Math.min(request.bytesMax, charges.fetchBytesMax) })
    charges.request()
    charges.fetch(bytesOf(fetched))
    charges.settle()
    return fetched
  }

  /** Partitions that are made or deleted by `work`, unless it comes to nothing. @throws KoineError `rate_limited` */
  async mutate<T extends { readonly ok: boolean }>(
    scope: TenantScope,
    partitions: number,
    work: () => Promise<T>,
  ): Promise<T> {
    const tenant = await this.#throttling.of(scope)
    this.#refuse(tenant, ['partitionMutationsPerSecond'])
    const charges = this.#throttling.charges(tenant)
    charges.mutate(partitions, { isStrict: false })
    let isDone = false
    try {
      const outcome = await work()
      isDone = outcome.ok
      return outcome
    } finally {
      if (!isDone) charges.notMutated(partitions)
    }
  }

  #refuse(tenant: TenantThrottle, kinds: readonly RateKind[]): void {
    const nowMs = this.#clock.monotonic()
    for (const kind of kinds) {
      const { quota, throttled } = tenant.rates[kind]
      const waitMs = Math.min(throttleMsMax, Math.ceil(tenant.rates[kind].waitMs(nowMs)))
      if (waitMs === 0) continue
      throttled.record(waitMs, nowMs)
      throw new KoineError('rate_limited', `The tenant is over its quota ${kind}, which is ${quota}.`, {
        retryAfterMs: waitMs,
      })
    }
  }

  async #wait(tenant: TenantThrottle, signal: AbortSignal): Promise<void> {
    const { fetchBytesPerSecond: rate } = tenant.rates
    for (;;) {
      const nowMs = this.#clock.monotonic()
      const waitMs = Math.min(throttleMsMax, rate.waitMs(nowMs))
      if (waitMs <= 0 || signal.aborted) return
      rate.throttled.record(waitMs, nowMs)
      const over = new AbortController()
      using _lifted = tenant.whileWaiting(() => over.abort())
      // Aborted when the client leaves or the quotas change: then it is looked at again.
      await sleep(this.#clock, waitMs, AbortSignal.any([signal, over.signal])).catch(() => {})
    }
  }
}

function bytesOf(fetched: readonly FetchedPartition[]): number {
  let bytes = 0
  for (const each of fetched) if (each.ok) for (const batch of each.batches) bytes += batch.length
  return bytes
}
