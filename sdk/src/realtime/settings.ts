/** Bounds and times of a client. */
export interface RealtimeSettings {
  /** From opening the socket to the server's answer. */
  readonly connectWithinMs: number
  /** A connection from which nothing came for this long is pinged; without an answer in as long again it is given up. */
  readonly pingEveryMs: number
  /** The longest first wait before a reconnect; it doubles with every attempt. */
  readonly reconnectFirstMs: number
  readonly reconnectMaxMs: number
  /** Sends that wait for their acknowledgement; over it a send is refused with `overloaded`. */
  readonly queuedSendsMax: number
  /** Passing failures after which a send is given up. */
  readonly sendAttemptsMax: number
  /** Messages held because an earlier one is missing; more are dropped, and fetched again with it. */
  readonly earlyMessagesMax: number
  /** How long a message that was overtaken may take before it is fetched. */
  readonly gapPatienceMs: number
  /** How often to look for what got lost without a trace: live delivery is at most once. */
  readonly lookEveryMs: number
}

export const defaultRealtimeSettings: RealtimeSettings = {
  connectWithinMs: 15_000,
  pingEveryMs: 15_000,
  reconnectFirstMs: 500,
  reconnectMaxMs: 30_000,
  queuedSendsMax: 1000,
  sendAttemptsMax: 10,
  earlyMessagesMax: 1000,
  gapPatienceMs: 250,
  lookEveryMs: 5 * 60_000,
}
