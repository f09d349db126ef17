import type { SliceAssignment, UseReport } from './quota-messages.ts'
import { QuotaService } from './quota-service.ts'
import { singleNodeSettings, type ThrottlingSettings } from './throttling-settings.ts'

/**
 * The way between a node and the shared quota service of one kind: a report goes in, and what the service says comes back
 * through `accept`, at once or whenever it arrives.
 */
export interface QuotaTalk {
  send(report: UseReport, nowMs: number): void
  onAssignment(accept: (told: SliceAssignment, nowMs: number) => void): void
}

/** For the only node of a cell. */
export const singleNode: ThrottlingSettings = singleNodeSettings

/** The service in the node's own process. */
export function talkInProcess(
  settings: ThrottlingSettings,
  quotaOf: (tenantId: string) => number | undefined,
): QuotaTalk & { forget(tenantId: string): void } {
  const service = new QuotaService({ term: 1, settings, quotaOf })
  let accept: (told: SliceAssignment, nowMs: number) => void = () => {}
  let dividedAtMs = -Infinity
  return {
    onAssignment: (listener) => (accept = listener),
    forget: (tenantId) => service.forgetTenant(tenantId),
    send(report, nowMs) {
      const near = service.report(report, nowMs)
      const isDue = nowMs - dividedAtMs >= settings.reportMs
      if (isDue) dividedAtMs = nowMs
      else if (near.length === 0) return
      for (const told of service.divide(nowMs, isDue ? undefined : near).values()) accept(told, nowMs)
    },
  }
}
