import type { WebhookEndpointId } from '@koine/base'
import type { RecordKey, TableRecord } from '@koine/stores-ports'
import { known } from '../records.ts'
import type { WebhookEndpoint } from './endpoint.ts'

/** What a tenant has said of an endpoint. */
export interface EndpointFacts {
  readonly id: WebhookEndpointId
  readonly url: string
  readonly eventTypes: readonly string[]
  readonly description: string
  readonly enabled: boolean
  readonly createdAtMs: number
  /** Sealed. */
  readonly secret: Uint8Array
  readonly previous: { readonly secret: Uint8Array; readonly untilMs: number } | undefined
  readonly version: number
}

/** How an endpoint does. */
export interface EndpointHealth {
  readonly waiting: number
  readonly failingSinceMs: number | undefined
  readonly lastSuccessAtMs: number | undefined
  readonly lastFailureAtMs: number | undefined
  readonly disabled: { readonly atMs: number; readonly reason: string } | undefined
}

export const endpointKey = (id: WebhookEndpointId): RecordKey => ({ table: 'webhook-endpoints', pk: 'all', sk: id })
export const endpointCountKey: RecordKey = { table: 'webhook-count', pk: 'all', sk: '' }
export const healthKey = (id: WebhookEndpointId): RecordKey => ({ table: 'webhook-health', pk: id, sk: '' })

export function decodeEndpoint(record: TableRecord): EndpointFacts {
  const { u, t, d, e, a, s, o, q } = known(record)
  return {
    id: record.key.sk as WebhookEndpointId,
    url: u as string,
    eventTypes: t as readonly string[],
    description: d as string,
    enabled: e as boolean,
    createdAtMs: a as number,
    secret: s as Uint8Array,
    previous: o === undefined ? undefined : { secret: o as Uint8Array, untilMs: q as number },
    version: record.version,
  }
}

export function decodeHealth(record: TableRecord | undefined): EndpointHealth {
  const { w, f, k, l, x, y } = record ? known(record) : {}
  return {
    waiting: Math.max(0, (w as number | undefined) ?? 0),
    failingSinceMs: f as number | undefined,
    lastSuccessAtMs: k as number | undefined,
    lastFailureAtMs: l as number | undefined,
    disabled: x === undefined ? undefined : { atMs: x as number, reason: y as string },
  }
}

export function endpointView(facts: EndpointFacts, health: EndpointHealth, nowMs: number): WebhookEndpoint {
  const { id, url, eventTypes, description, enabled, previous } = facts
  const { disabled, failingSinceMs, lastSuccessAtMs, lastFailureAtMs, waiting } = health
  return {
    id,
    url,
    eventTypes,
    description,
    enabled,
    status: statusOf(facts, health),
    ...(failingSinceMs !== undefined && { failingSince: timeText(failingSinceMs) }),
    ...(disabled && { disabledAt: timeText(disabled.atMs), disabledReason: disabled.reason }),
    ...(lastSuccessAtMs !== undefined && { lastSuccessAt: timeText(lastSuccessAtMs) }),
    ...(lastFailureAtMs !== undefined && { lastFailureAt: timeText(lastFailureAtMs) }),
    waiting,
    ...(previous && previous.untilMs > nowMs && { previousSecretUntil: timeText(previous.untilMs) }),
    createdAt: timeText(facts.createdAtMs),
  }
}

function statusOf({ enabled }: EndpointFacts, { disabled, failingSinceMs }: EndpointHealth): WebhookEndpoint['status'] {
  if (!enabled) return 'paused'
  if (disabled) return 'disabled'
  return failingSinceMs === undefined ? 'active' : 'failing'
}

const timeText = (atMs: number): string => new Date(atMs).toISOString()
