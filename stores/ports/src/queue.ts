import type { JobId, TenantId } from '@koine/base'

/**
 * **queue** — work to be done, once something has decided that it must be.
 *
 * Semantics that every engine keeps, and why:
 * - At least once. A job whose worker died, or held it past `visibilityMs`, is handed out again, so handlers are
 *   idempotent (RabbitMQ redelivers on a lost channel and after the consumer timeout). `attempt` counts handings-out.
 * - Durable once `enqueue` resolves.
 * - Order: priority, then about first come first served. Redelivery, delay and retries break order; nothing may rely on it.
 * - A delay is a lower bound (RabbitMQ: a dead-letter exchange behind time-to-live steps).
 * - `deduplicationKey`: while a job with that key waits or runs, enqueueing again makes no other.
 * - Weighted-fair between tenants: with n tenants waiting in a queue, a tenant's next job starts after at most
 *   `weight`-many jobs of each other one, however long their backlogs are.
 * - After `attemptsMax` failures a job becomes a dead letter, kept with its last error until retried or deleted.
 */
export interface Queue extends AsyncDisposable {
  forTenant(tenant: TenantId): TenantQueue
  dropTenant(tenant: TenantId): Promise<void>
  /** Starts a worker over every tenant's jobs of one queue. Disposing it stops the handing-out and waits for what runs. */
  work(queue: string, options: WorkOptions, handler: JobHandler): AsyncDisposable
}

export interface TenantQueue {
  enqueue(
    queue: string,
    job: NewJob,
  ): Promise<{ readonly id: JobId; /** False: one with this key existed. */ readonly made: boolean }>
  deadLetters(
    queue: string,
    options: { readonly limit: number; readonly cursor?: string },
  ): Promise<{ readonly jobs: readonly DeadJob[]; readonly cursor?: string }>
  /** Puts a dead letter back in line with its attempts forgotten; false when there is none. */
  retryDeadLetter(queue: string, id: JobId): Promise<boolean>
  deleteDeadLetter(queue: string, id: JobId): Promise<boolean>
  /** Jobs that wait (ready or delayed), run, and are dead. */
  depth(queue: string): Promise<{ readonly waiting: number; readonly running: number; readonly dead: number }>
}

export interface NewJob {
  /** JSON text. */
  readonly body: string
  readonly delayMs?: number
  /** 0 (default) to 9; higher goes first within the tenant. */
  readonly priority?: number
  readonly deduplicationKey?: string
}

export interface Job {
  readonly id: JobId
  readonly tenant: TenantId
  readonly body: string
  /** 1 on the first try. */
  readonly attempt: number
  readonly enqueuedAtMs: number
}

export interface DeadJob extends Job {
  readonly error: string
  readonly diedAtMs: number
}

export interface WorkOptions {
  readonly concurrency: number
  readonly visibilityMs: number
  readonly attemptsMax: number
  /** Wait before attempt n + 1: `firstMs * factor ** (n - 1)`, at most `maxMs`, with up to half of it taken off by chance. */
  readonly backoff: { readonly firstMs: number; readonly factor: number; readonly maxMs: number }
  /** A tenant's share of turns; 1 where it isn't named. */
  readonly weightOf?: (tenant: TenantId) => number
}

/** Resolve: done. Reject: tried again later, or dead. The signal is aborted when the visibility time is over. */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<void>

export const queueLimits = { bodyBytes: 256 * 1024, delayMs: 30 * 24 * 3600 * 1000, queueNameCharacters: 64 } as const
