/** Bounds of the listener, and what happens at them. */
export interface KafkaGatewayLimits {
  /** A larger frame closes the connection. */
  readonly frameBytesMax: number
  /** The same before authentication. */
  readonly openFrameBytesMax: number
  /** Elements of all arrays of one request; one with more closes the connection. Each costs far more than its bytes. */
  readonly requestElementsMax: number
  /** Connections beyond are closed at once. */
  readonly connectionsMax: number
  /** Connections that come faster are served later, or closed when that would take too long; of all and of one address. */
  readonly connectionsPerSecond: number
  readonly addressConnectionsPerSecond: number
  /** Connections beyond that authenticate are refused, of all tenants and of one. */
  readonly authenticatedConnectionsMax: number
  readonly tenantConnectionsMax: number
  /** Bytes of one connection that are read ahead; then its socket isn't read until a request is answered. */
  readonly pipelinedBytesMax: number
  /** A frame that isn't whole by then closes the connection, and so does a socket that can't be read for so long. */
  readonly frameTimeoutMs: number
  /** Produce requests of one connection that are in work at once. */
  readonly overlappingRequestsMax: number
  /** The same in bytes. */
  readonly overlappingBytesMax: number
  /** Bytes of requests and answers of all connections; beyond, no socket is read until there is room. */
  readonly workBytesMax: number
  /** The same of one tenant's connections. */
  readonly tenantWorkBytesMax: number
  /** Bytes waiting to be sent beyond which a connection's next request waits. */
  readonly unsentBytesMax: number
  /** A connection of whose unsent bytes none go out for so long is closed. */
  readonly sendTimeoutMs: number
  /** A connection that hasn't authenticated by then is closed. */
  readonly authenticationTimeoutMs: number
  /** A TLS handshake that isn't done by then closes the connection. */
  readonly handshakeTimeoutMs: number
  /** See `FailedAttempts`. */
  readonly failedAuthenticationDelayMs: number
  readonly failedAuthenticationsBurst: number
  readonly failedAuthenticationForgivenMs: number
  readonly failingAddressesMax: number
  readonly waitingAuthenticationsMax: number
  /** Kafka's `connections.max.idle.ms`. */
  readonly idleTimeoutMs: number
  /** Partitions that the fetch sessions of all connections remember. */
  readonly fetchSessionPartitionsMax: number
  /** How long disposal waits for requests in work. */
  readonly drainTimeoutMs: number
}

export const defaultKafkaGatewayLimits: KafkaGatewayLimits = {
  frameBytesMax: 100 * 1024 * 1024,
  openFrameBytesMax: 64 * 1024,
  requestElementsMax: 100_000,
  connectionsMax: 20_000,
  connectionsPerSecond: 5_000,
  addressConnectionsPerSecond: 2_000,
  authenticatedConnectionsMax: 18_000,
  tenantConnectionsMax: 12_000,
  pipelinedBytesMax: 4 * 1024 * 1024,
  frameTimeoutMs: 60_000,
  overlappingRequestsMax: 16,
  overlappingBytesMax: 16 * 1024 * 1024,
  workBytesMax: 1024 * 1024 * 1024,
  tenantWorkBytesMax: 256 * 1024 * 1024,
  unsentBytesMax: 1024 * 1024,
  sendTimeoutMs: 60_000,
  authenticationTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  failedAuthenticationDelayMs: 100,
  failedAuthenticationsBurst: 100,
  failedAuthenticationForgivenMs: 100,
  failingAddressesMax: 10_000,
  waitingAuthenticationsMax: 100,
  idleTimeoutMs: 600_000,
  fetchSessionPartitionsMax: 200_000,
  drainTimeoutMs: 5_000,
}
