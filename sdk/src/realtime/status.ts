import type { KoineError } from '@koine/base/errors'

/** Where the connection is. Sending is possible in every state but `stopped`: what can't go yet waits. */
export type Status =
  /** Not asked to connect yet, or closed. */
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  /** Connected; what was missed is on its way. */
  | { readonly state: 'catchingUp' }
  | { readonly state: 'online' }
  /** Cut off; the next attempt comes after the wait. */
  | { readonly state: 'waiting'; readonly retryInMs: number }
  /** The server refused for good: it needs another token, or a change. `connect` tries again. */
  | { readonly state: 'stopped'; readonly error: KoineError }
