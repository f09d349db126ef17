import type { Clock, Logger, Metrics } from '@koine/base'
import type { Demo, Health, NodeHealth } from '@koine/contract'
import type { Messaging } from '@koine/services-messaging'
import type { StreamOperations } from '@koine/services-streams'
import type { Principal, Tenancy } from '@koine/services-tenancy'

/** The handle of one tenant, as a credential resolves to it. */
export type Scope = Exclude<Principal, { kind: 'operator' }>['scope']

/** The platform's own events. */
export interface Events {
  /**
   * The events of a platform topic as they come, until the signal is aborted.
   * @param position `from` is `earliest`, `latest` or the cursor of the last event seen
   * @throws KoineError `not_found` (no such platform topic), `invalid_request` (not a cursor) from the first step
   */
  read(
    scope: Scope,
    position: { readonly topic: string; readonly from: string },
    signal: AbortSignal,
  ): AsyncIterable<{ readonly cursor: string; readonly body: string }>
}

/** What the listener shows its clients, in PEM; it may be renewed while the listener is open. */
export interface TlsCertificate {
  readonly current: { readonly cert: string; readonly key: string }
  onRenewal(listener: () => void): Disposable
}

export interface HttpLimits {
  readonly bodyBytes: number
  /** Levels of arrays and objects in a body. */
  readonly jsonDepth: number
  readonly headerBytes: number
  readonly connections: number
  readonly requestsInFlight: number
  readonly eventStreams: number
  readonly eventStreamsPerTenant: number
  /** To receive a request whole. */
  readonly requestTimeoutMs: number
  /** To answer it. */
  readonly handlerTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** For the TLS handshake. */
  readonly handshakeTimeoutMs: number
  /** How long nothing may move on a connection with a request. Longer than an answer may take. */
  readonly stallMs: number
  readonly eventHeartbeatMs: number
  /** How long an event stream waits for a client that doesn't read. */
  readonly eventStallMs: number
  /** How long requests in flight may take to finish once the gateway is being disposed. */
  readonly drainMs: number
}

export const httpLimits: HttpLimits = {
  bodyBytes: 512 * 1024,
  jsonDepth: 32,
  headerBytes: 16 * 1024,
  connections: 50_000,
  requestsInFlight: 2_000,
  eventStreams: 1_000,
  eventStreamsPerTenant: 50,
  requestTimeoutMs: 30_000,
  handlerTimeoutMs: 30_000,
  keepAliveTimeoutMs: 72_000,
  handshakeTimeoutMs: 10_000,
  stallMs: 60_000,
  eventHeartbeatMs: 15_000,
  eventStallMs: 30_000,
  drainMs: 10_000,
}

export interface HttpGatewayOptions {
  readonly tenancy: Tenancy
  readonly messaging: Pick<Messaging, 'createConversation' | 'conversation' | 'send' | 'history' | 'markRead' | 'inbox'>
  readonly events: Events
  /** Virtual clusters, for those who look after them. */
  readonly streams: StreamOperations
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Where the console's built files are; without it `/` says how to build them. */
  readonly consoleDirectory?: string
  /** Only in development mode: what `/v1/demo` answers, with fresh tokens each time. */
  readonly demo?: () => Promise<Demo>
  /** Whether traffic may come: started, and the stores answer. A rejection is a store that doesn't. */
  readonly readiness: () => Promise<'ok' | 'starting' | Pick<Health, 'status' | 'checks'>>
  /** How the process does, for the operator. */
  readonly nodeHealth: () => NodeHealth
  /** Origins of web pages that may call the API from a browser, such as `https://app.example.com`. None when not given. */
  readonly allowedOrigins?: readonly string[]
  /** With it clients come by TLS, and by nothing else. */
  readonly certificate?: TlsCertificate
  readonly limits?: Partial<HttpLimits>
}
