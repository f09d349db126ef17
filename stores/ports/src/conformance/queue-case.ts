import { type KoineError, seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import { until } from '@koine/base/testing'
import type { Job, JobHandler, NewJob, Queue, TenantQueue, WorkOptions } from '../queue.ts'

export interface Stage {
  readonly queue: Queue
  readonly tenant: TenantId
  readonly mine: TenantQueue
  readonly pass: (ms: number) => Promise<void>
  readonly newTenant: () => TenantId
}

/** The queue that most cases use. */
export const name = 'mail'
export const settings: WorkOptions = {
  concurrency: 1,
  visibilityMs: 30_000,
  attemptsMax: 3,
  backoff: { firstMs: 1000, factor: 2, maxMs: 10_000 },
}
const randomness = seededRandomness(3)
export const newTenant = (): TenantId => tenantIds.make({ clock: systemClock, randomness })
export const hasCode = (code: string) => (error: unknown) => (error as KoineError).code === code
export const job = (body: string, more: Omit<NewJob, 'body'> = {}): NewJob => ({ body, ...more })

/** Collects what a worker is handed, and lets the test say when each job ends. */
export class Handler {
  readonly started: Job[] = []
  readonly #ends: PromiseWithResolvers<void>[] = []
  readonly signals: AbortSignal[] = []
  readonly run: JobHandler = (job, signal) => {
    const end = Promise.withResolvers<void>()
    this.started.push(job)
    this.#ends.push(end)
    this.signals.push(signal)
    return end.promise
  }

  get bodies(): string[] {
    return this.started.map(({ body }) => body)
  }

  async reaches(count: number): Promise<void> {
    await until(`${count} jobs started, not only ${this.bodies.join()}`, () => this.started.length >= count)
  }

  finish(index: number): void {
    this.#ends[index]!.resolve()
  }

  fail(index: number, reason: string): void {
    this.#ends[index]!.reject(new Error(reason))
  }
}

/** Works on everything until `count` jobs were done, and returns them. */
export async function workOff(queue: Queue, count: number, options: Partial<WorkOptions> = {}): Promise<Job[]> {
  const done: Job[] = []
  await using _worker = queue.work(name, { ...settings, ...options }, async (each) => void done.push(each))
  await until(`${count} jobs were done`, () => done.length >= count)
  return done
}

export const drained = (tenant: TenantQueue): Promise<unknown> =>
  until('nothing waits or runs', async () => {
    const { waiting, running } = await tenant.depth(name)
    return waiting + running === 0
  })

/** Makes a test of a body that gets a fresh queue and tenant. */
export type On = (body: (stage: Stage) => Promise<void>) => () => Promise<void>
