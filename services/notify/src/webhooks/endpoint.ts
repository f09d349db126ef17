import type { EventId, WebhookEndpointId } from '@koine/base'

export interface NewWebhookEndpoint {
  readonly url: string
  /** Types of events that it gets; all when it is empty or not given. */
  readonly eventTypes?: readonly string[]
  readonly description?: string
  /** `whsec_` and base64; made when not given. */
  readonly secret?: string
}

export interface WebhookEndpointChanges {
  readonly url?: string
  readonly eventTypes?: readonly string[]
  readonly description?: string
  /** True also brings back one that was disabled because it failed. */
  readonly enabled?: boolean
}

/** What there is to tell of an endpoint; times in ISO 8601. */
export interface WebhookEndpoint {
  readonly id: WebhookEndpointId
  readonly url: string
  readonly eventTypes: readonly string[]
  readonly description: string
  /** What the tenant wants. */
  readonly enabled: boolean
  /** What is: `paused` by the tenant, `disabled` after failures, `failing` when the last attempt failed. */
  readonly status: 'active' | 'failing' | 'disabled' | 'paused'
  /** Since when nothing was taken. */
  readonly failingSince?: string
  readonly disabledAt?: string
  readonly disabledReason?: string
  readonly lastSuccessAt?: string
  readonly lastFailureAt?: string
  /** Deliveries that wait for their turn or their next attempt. */
  readonly waiting: number
  /** While two secrets sign: when the older one stops. */
  readonly previousSecretUntil?: string
  readonly createdAt: string
}

export type DeliveryState =
  /** For its first or its next attempt. */
  | 'waiting'
  | 'delivered'
  /** After the last attempt. */
  | 'failed'
  /** It was never attempted, or no more, since the endpoint was disabled or too much waited for it. */
  | 'skipped'

export interface DeliveryAttempt {
  /** ISO 8601. */
  readonly at: string
  readonly durationMs: number
  /** Of the answer, if there was one. */
  readonly status?: number
  /** Why there was no answer that counts. */
  readonly error?: string
  /** The beginning of the answer's body. */
  readonly excerpt?: string
}

/** One event on its way to one endpoint. */
export interface Delivery {
  /** The event's, and what the endpoint gets as `webhook-id`. */
  readonly id: EventId
  readonly endpointId: WebhookEndpointId
  readonly eventType: string
  /** What the event is about. */
  readonly subject: string
  readonly state: DeliveryState
  /** How many attempts there were. */
  readonly attemptCount: number
  /** The latest of them, the oldest first. */
  readonly attempts: readonly DeliveryAttempt[]
  /** ISO 8601. */
  readonly createdAt: string
  /** Of one that has failed before and waits. */
  readonly nextAttemptAt?: string
}
