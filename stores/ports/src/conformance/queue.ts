import type { Queue } from '../queue.ts'
import { basicCases } from './queue-basics.ts'
import { newTenant, type Stage } from './queue-case.ts'
import { failureCases } from './queue-failures.ts'
import { sharingCases } from './queue-sharing.ts'
import { registerSuite, type Skip } from './suite.ts'

export interface OpenedQueue extends AsyncDisposable {
  readonly queue: Queue
  /** Lets this much time pass. */
  readonly pass: (ms: number) => Promise<void>
}

/** What every engine of the queue port does. */
export function queueConformance(
  title: string,
  open: () => Promise<OpenedQueue>,
  options: { readonly skip?: readonly Skip[] } = {},
): void {
  const on = (body: (stage: Stage) => Promise<void>) => async (): Promise<void> => {
    await using opened = await open()
    const tenant = newTenant()
    const pass = (ms: number): Promise<void> => opened.pass(ms)
    await body({ queue: opened.queue, tenant, mine: opened.queue.forTenant(tenant), pass, newTenant })
  }
  registerSuite(`queue: ${title}`, { ...basicCases(on), ...failureCases(on), ...sharingCases(on) }, options.skip)
}
