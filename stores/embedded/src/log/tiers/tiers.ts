import type { Clock, Logger, Metrics, TenantId } from '@koine/base'
import { blobLimits, type Blobs, type TenantBlobs, type TenantTables } from '@koine/stores-ports'
import { BlockCache } from './block-cache.ts'
import { objectPrefix } from './object-format.ts'
import { dropObjectRecords } from './object-records.ts'
import type { ScrubReport } from './scrub.ts'
import { ScrubSchedule } from './scrub-schedule.ts'
import type { TenantTierOptions, Tier } from './tenant-tier.ts'
import { TierMetrics } from './tier-metrics.ts'
import { TieringLane } from './tiering-lane.ts'
import { defaultTiering, type TieringSettings } from './tiering-settings.ts'

export interface TiersOptions {
  readonly blobs: Blobs
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics?: Metrics
  readonly tiering?: Partial<TieringSettings>
  /** Does some of what is due of a tenant, and returns when there is more. */
  readonly step: (tenant: TenantId) => Promise<number | undefined>
  readonly scrub: (tenant: TenantId) => Promise<ScrubReport | undefined>
  /** Those that are scrubbed; none without it. */
  readonly tenants?: () => AsyncIterable<TenantId>
}

/** All tenants' logs in the blob store. */
export class Tiers implements AsyncDisposable {
  readonly #blobs: Blobs
  readonly #tier: Tier
  readonly #lane: TieringLane
  readonly #scrubs: ScrubSchedule

  constructor({ blobs, clock, logger, metrics, tiering, step, scrub, tenants }: TiersOptions) {
    const settings = { ...defaultTiering, ...tiering }
    const cache = new BlockCache(settings.readCacheBytes, clock)
    this.#blobs = blobs
    this.#tier = { settings, clock, cache, metrics: new TierMetrics(metrics) }
    this.#lane = new TieringLane({ settings, clock, logger, metrics: this.#tier.metrics, step })
    const everyMs = tenants ? settings.scrubEveryMs : 0
    this.#scrubs = new ScrubSchedule({ everyMs, clock, logger, tenants: tenants ?? noTenants, scrub })
  }

  /** One tenant's part, for the opening of its log. */
  of(tenant: TenantId): { readonly tier: Tier & Pick<TenantTierOptions, 'blobs' | 'wake'> } {
    const wake = (atMs: number): void => this.#lane.wake(tenant, atMs)
    return { tier: { ...this.#tier, blobs: this.#blobs.forTenant(tenant), wake } }
  }

  /** Removes all objects of a tenant's log, which is closed, and their records. */
  async drop(tenant: TenantId, tables: TenantTables): Promise<void> {
    this.#lane.forget(tenant)
    await deleteObjects(this.#blobs.forTenant(tenant))
    await dropObjectRecords(tables)
  }

  /** Begins nothing more. */
  close(): void {
    this.#lane.close()
    this.#scrubs.close()
  }

  /** Waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#lane[Symbol.asyncDispose](), this.#scrubs[Symbol.asyncDispose]()])
  }
}

async function* noTenants(): AsyncGenerator<TenantId> {}

async function deleteObjects(blobs: TenantBlobs): Promise<void> {
  let cursor: string | undefined
  do {
    const limit = blobLimits.listBlobs
    const page = await blobs.list({ prefix: objectPrefix, limit, ...(cursor !== undefined && { cursor }) })
    for (const { key } of page.blobs) await blobs.delete(key)
    cursor = page.cursor
  } while (cursor !== undefined)
}
