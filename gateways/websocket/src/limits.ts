import { realtimeLimits } from '@koine/protocols-realtime'

/** Every bound of the gateway; at each stands what happens there. */
export interface RealtimeLimits {
  /** Connections of this node. Over it a client is closed with `overloaded`. */
  readonly connections: number
  /** A frame from a client, in bytes of UTF-8. Over it: closed with `frameTooLarge`. */
  readonly frameBytes: number
  /** A message's text; told to clients, enforced by messaging. */
  readonly textBytes: number
  /** What waits for one client, in the socket or behind a catch-up. Over it: closed with `slowConsumer`. */
  readonly sendBufferBytes: number
  /** Requests of one connection at work. At it the socket is not read until one is done. */
  readonly requestsInFlight: number
  /** Messages of one catch-up. Over it: `hasMore`, and the client asks again. */
  readonly catchUpMessages: number
  /** A client is told how far it has everything at most so often. */
  readonly cursorEveryMs: number
  /** How long the connect frame may take. After it: closed with `authenticationTimeout`. */
  readonly connectWithinMs: number
  /** Between pings. After two of them without a sign of life: closed with `heartbeatMissed`. */
  readonly heartbeatMs: number
  /** How long a client may take to answer a close. After it the socket is destroyed. */
  readonly closeWithinMs: number
  /** How long accepted requests may take to finish at shutdown. After it they are left unanswered. */
  readonly drainWithinMs: number
}

export const defaultRealtimeLimits: RealtimeLimits = {
  connections: 20_000,
  frameBytes: realtimeLimits.frameBytes,
  textBytes: realtimeLimits.textBytes,
  sendBufferBytes: 1024 * 1024,
  requestsInFlight: 64,
  catchUpMessages: 100,
  cursorEveryMs: 1000,
  connectWithinMs: realtimeLimits.connectWithinMs,
  heartbeatMs: 30_000,
  closeWithinMs: 5000,
  drainWithinMs: 5000,
}
