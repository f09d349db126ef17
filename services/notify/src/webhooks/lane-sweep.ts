import type { Clock } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Endpoints } from './endpoints.ts'
import { decodeLane, enqueueLane } from './lanes.ts'

const lanesAtOnce = 200

/**
 * Sees to it that every lane that is due has its job: a process may have died between the two, and a job that failed too
 * often lies with the dead letters. Returns how many lanes it looked at.
 */
export async function sweepLanes(
  scope: TenantScope,
  { clock, endpoints }: { readonly clock: Clock; readonly endpoints: Endpoints },
  signal: AbortSignal,
): Promise<number> {
  let seen = 0
  for (const { facts } of await endpoints.states(scope)) {
    let cursor: string | undefined
    do {
      if (signal.aborted) return seen
      const range = {
        table: 'webhook-lanes',
        pk: facts.id,
        limit: lanesAtOnce,
        ...(cursor !== undefined && { cursor }),
      }
      const page = await scope.tables.query(range)
      const now = clock.now()
      for (const lane of page.records.map(decodeLane)) {
        seen++
        if (lane.dueAtMs <= now) await enqueueLane(scope, lane, now)
      }
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  return seen
}
