import type { Clock, TenantId } from '@koine/base'
import { checkQueueName } from './queue-validation.ts'
import { type ClaimedJob, type JobSource, QueueWorker } from './queue-worker.ts'
import type { JobHandler, WorkOptions } from './queue.ts'

export interface QueueWorkersOptions<C extends ClaimedJob> {
  readonly clock: Clock
  readonly sourceOf: (queue: string) => JobSource<C>
  readonly onTrouble: (error: unknown, message: string) => void
}

/** The workers of one process by queue: who hears of a job that was enqueued, failed or given back. */
export class QueueWorkers<C extends ClaimedJob> implements AsyncDisposable {
  readonly #options: QueueWorkersOptions<C>
  readonly #workers = new Map<string, Set<QueueWorker<C>>>()

  constructor(options: QueueWorkersOptions<C>) {
    this.#options = options
  }

  start(queue: string, work: WorkOptions, handler: JobHandler): QueueWorker<C> {
    checkQueueName(queue)
    const { clock, sourceOf, onTrouble } = this.#options
    const source = sourceOf(queue)
    const onDispose = (worker: QueueWorker<C>): void => this.#leave(queue, worker)
    const worker = new QueueWorker({ clock, source, work, handler, onTrouble, onDispose })
    const workers = this.#workers.get(queue) ?? new Set()
    this.#workers.set(queue, workers.add(worker))
    return worker
  }

  wake(queue: string, tenant: TenantId): void {
    for (const worker of this.#workers.get(queue) ?? []) worker.wake(tenant)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#workers.values()].flatMap((workers) => [...workers])
    await Promise.all(all.map((worker) => worker[Symbol.asyncDispose]()))
  }

  /** What the leaving worker was waiting for, the others wait for now. */
  #leave(queue: string, worker: QueueWorker<C>): void {
    const workers = this.#workers.get(queue)
    workers?.delete(worker)
    if (workers?.size === 0) this.#workers.delete(queue)
    for (const tenant of worker.awaited) this.wake(queue, tenant)
  }
}
