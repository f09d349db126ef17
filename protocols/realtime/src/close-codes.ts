/**
 * Why the server closes a WebSocket. Codes from 4000 to 4499 say "reconnect" (with backoff, then catch up); codes from
 * 4500 to 4999 say that reconnecting with the same credential and frames is of no use.
 */
export const closeCodes = {
  shuttingDown: { code: 4000, reason: 'the server is shutting down, reconnect' },
  slowConsumer: { code: 4001, reason: 'too slow to read, reconnect and catch up' },
  heartbeatMissed: { code: 4002, reason: 'no sign of life, reconnect' },
  overloaded: { code: 4003, reason: 'the server is at its connection limit, reconnect later' },
  internal: { code: 4004, reason: 'an unexpected failure, reconnect' },
  tokenExpired: { code: 4005, reason: 'the token expired, reconnect with a new one' },
  badFrame: { code: 4500, reason: 'a frame that is not valid' },
  frameTooLarge: { code: 4501, reason: 'a frame over the limit' },
  unauthenticated: { code: 4502, reason: 'the credential is missing, unknown or expired' },
  tenantSuspended: { code: 4503, reason: 'the tenant is suspended' },
  authenticationTimeout: { code: 4504, reason: 'no connect frame in time' },
} as const satisfies Record<string, { code: number; reason: string }>

export type CloseReason = keyof typeof closeCodes

/** Whether a client that was closed with `code` should connect again. Unknown codes (network loss) say yes. */
export const mayReconnect = (code: number): boolean => code < 4500 || code > 4999
