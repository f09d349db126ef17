import { type Clock, invariant, type TenantId, type Timer } from '@koine/base'
import { FairTurns, type Turn } from './queue-scheduling.ts'
import type { Job, JobHandler, WorkOptions } from './queue.ts'

/** What an engine does for a worker. A claimed job is the worker's until it is settled or its visibility time is over. */
export interface JobSource<C extends ClaimedJob> {
  /** Up to `count` jobs of the tenant, those first whose turn it is; counts the attempt and starts the visibility time. */
  claim(tenant: TenantId, count: number, options: WorkOptions): Promise<Claim<C>>
  complete(claimed: C): Promise<void>
  fail(claimed: C, error: unknown, options: WorkOptions): Promise<void>
  /** As if it had not been claimed. */
  giveBack(claimed: C): Promise<void>
}

export interface ClaimedJob {
  readonly job: Job
}

export interface Claim<C> {
  readonly jobs: readonly C[]
  /** Whether another claim may find a job now. */
  readonly more: boolean
  /** When the tenant's next delayed or running job is due, by the wall clock. */
  readonly nextDueMs?: number
}

export interface QueueWorkerOptions<C extends ClaimedJob> {
  readonly clock: Clock
  readonly source: JobSource<C>
  readonly work: WorkOptions
  readonly handler: JobHandler
  /** Something failed that mends itself: what was claimed is handed out again, what wasn't is claimed later. */
  readonly onTrouble: (error: unknown, message: string) => void
  readonly onDispose: (worker: QueueWorker<C>) => void
}

const retryClaimMs = 1000
/** Timers are set no further ahead: runtimes overflow at 24.8 days, and the wall clock may jump. */
const timerMsMax = 3_600_000

/** Hands jobs to one handler: fair between tenants, within its concurrency, each with its visibility time. */
export class QueueWorker<C extends ClaimedJob> implements AsyncDisposable {
  readonly #options: QueueWorkerOptions<C>
  readonly #turns: FairTurns<TenantId>
  readonly #timers = new Map<TenantId, { readonly atMs: number; readonly timer: Timer }>()
  readonly #active = new Set<Promise<void>>()
  #room: number
  #stopping = false

  constructor(options: QueueWorkerOptions<C>) {
    const { concurrency, visibilityMs, attemptsMax, weightOf } = options.work
    invariant(concurrency >= 1 && visibilityMs > 0 && attemptsMax >= 1, 'A worker has room, time and attempts.')
    this.#options = options
    this.#turns = new FairTurns(weightOf)
    this.#room = Math.floor(concurrency)
  }

  /** Tenants of which it knows that something falls due. */
  get awaited(): readonly TenantId[] {
    return [...this.#timers.keys()]
  }

  get isStopping(): boolean {
    return this.#stopping
  }

  /** The tenant may have a job that is due, or a new time at which one is. */
  wake(tenant: TenantId): void {
    if (this.#stopping) return
    this.#turns.join(tenant)
    this.#fill()
  }

  /** Stops the handing-out and waits for what runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true
      this.#options.onDispose(this)
    }
    for (const { timer } of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    while (this.#active.size > 0) await Promise.all(this.#active)
  }

  #fill(): void {
    while (!this.#stopping) {
      const turn = this.#turns.take(this.#room)
      if (!turn) return
      this.#room -= turn.jobs
      this.#track(this.#takeTurn(turn))
    }
  }

  #track(activity: Promise<void>): void {
    const tracked = activity.finally(() => this.#active.delete(tracked))
    this.#active.add(tracked)
  }

  async #takeTurn({ member: tenant, jobs: count }: Turn<TenantId>): Promise<void> {
    const claim = await this.#claim(tenant, count)
    this.#room += count - claim.jobs.length
    this.#turns.settle(tenant, claim.more)
    if (claim.nextDueMs !== undefined) this.#wakeAt(tenant, claim.nextDueMs)
    for (const claimed of claim.jobs) this.#track(this.#stopping ? this.#giveBack(claimed) : this.#run(claimed))
    this.#fill()
  }

  async #claim(tenant: TenantId, count: number): Promise<Claim<C>> {
    try {
      return await this.#options.source.claim(tenant, count, this.#options.work)
    } catch (error) {
      this.#options.onTrouble(error, 'Jobs could not be claimed; they will be in a moment.')
      return { jobs: [], more: false, nextDueMs: this.#options.clock.now() + retryClaimMs }
    }
  }

  async #run(claimed: C): Promise<void> {
    const { clock, handler, work } = this.#options
    const visibility = new AbortController()
    const timer = clock.after(work.visibilityMs, () => {
      visibility.abort(new Error('The visibility time of the job is over.'))
      this.wake(claimed.job.tenant)
    })
    try {
      const failure = await outcome(handler, claimed.job, visibility.signal)
      await this.#settle(claimed, failure)
    } finally {
      timer.cancel()
      this.#room++
    }
    this.wake(claimed.job.tenant)
  }

  async #settle(claimed: C, failure: { readonly error: unknown } | undefined): Promise<void> {
    const { source, work, onTrouble } = this.#options
    try {
      await (failure ? source.fail(claimed, failure.error, work) : source.complete(claimed))
    } catch (error) {
      onTrouble(error, 'The outcome of a job could not be kept; it will be handed out again.')
      this.#wakeAt(claimed.job.tenant, this.#options.clock.now() + work.visibilityMs)
    }
  }

  async #giveBack(claimed: C): Promise<void> {
    try {
      await this.#options.source.giveBack(claimed)
    } catch (error) {
      this.#options.onTrouble(error, 'A job could not be given back; it will be handed out after its visibility time.')
    }
  }

  #wakeAt(tenant: TenantId, atMs: number): void {
    if (this.#stopping) return
    // It fell due since the claim looked.
    if (atMs <= this.#options.clock.now()) return this.wake(tenant)
    const held = this.#timers.get(tenant)
    if (held && held.atMs <= atMs) return
    held?.timer.cancel()
    const delayMs = Math.min(timerMsMax, atMs - this.#options.clock.now())
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(tenant)
      this.wake(tenant)
    })
    this.#timers.set(tenant, { atMs, timer })
  }
}

/** Undefined when the handler was done; it may also throw before its first await. */
async function outcome(handler: JobHandler, job: Job, signal: AbortSignal): Promise<{ error: unknown } | undefined> {
  try {
    await handler(job, signal)
    return undefined
  } catch (error) {
    return { error }
  }
}
