/** Bounds of the listener, and what happens at them. */
export interface KafkaGatewayLimits {
  /** A larger frame closes the connection. */
  readonly frameBytesMax: number
  /** The same before authentication. */
  readonly openFrameBytesMax: number
  /** Connections beyond are closed at once. */
  readonly connectionsMax: number
  /** Requests of one connection that are read ahead; then its socket isn't read until some are answered. */
  readonly pipelinedRequestsMax: number
  /** The same in bytes; a single larger request is read all the same. */
  readonly pipelinedBytesMax: number
  /** Produce requests of one connection that are in work at once. */
  readonly overlappingRequestsMax: number
  /** The same in bytes. */
  readonly overlappingBytesMax: number
  /** Bytes waiting to be sent beyond which a connection's next request waits. */
  readonly unsentBytesMax: number
  /** A connection whose unsent bytes don't go out for so long is closed. */
  readonly sendTimeoutMs: number
  /** A connection that hasn't authenticated by then is closed. */
  readonly authenticationTimeoutMs: number
  /** Kafka's `connections.max.idle.ms`. */
  readonly idleTimeoutMs: number
  /** How long disposal waits for requests in work. */
  readonly drainTimeoutMs: number
}

export const defaultKafkaGatewayLimits: KafkaGatewayLimits = {
  frameBytesMax: 100 * 1024 * 1024,
  openFrameBytesMax: 64 * 1024,
  connectionsMax: 20_000,
  pipelinedRequestsMax: 64,
  pipelinedBytesMax: 4 * 1024 * 1024,
  overlappingRequestsMax: 16,
  overlappingBytesMax: 16 * 1024 * 1024,
  unsentBytesMax: 1024 * 1024,
  sendTimeoutMs: 60_000,
  authenticationTimeoutMs: 10_000,
  idleTimeoutMs: 600_000,
  drainTimeoutMs: 5_000,
}
