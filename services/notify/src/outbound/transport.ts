/**
 * The way out, as a port: one request, one bounded answer. What answers at all is an answer, whatever its status;
 * what doesn't is an `OutboundFailure`. Redirects are answers like others and are never followed.
 */
export interface Transport extends AsyncDisposable {
  send(request: OutboundRequest): Promise<OutboundResponse>
}

export interface OutboundRequest {
  readonly url: URL
  readonly method: 'POST' | 'GET'
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Connections are shared among equal keys only. Requests to one origin share theirs when it isn't given. */
  readonly connectionKey?: string
  /** Ends the request early with its reason. */
  readonly signal?: AbortSignal
}

export interface OutboundResponse {
  readonly status: number
  /** Names in lower case. A header that came several times is one text, as HTTP joins it. */
  readonly headers: Readonly<Record<string, string>>
  /** As much of the body as came within the limits of bytes and time. */
  readonly body: Uint8Array
  /** Whether that is all of it. */
  readonly complete: boolean
}

export interface OutboundTimeouts {
  /** For finding the address, connecting and TLS. */
  readonly connectMs: number
  /** From the request until the answer's headers. */
  readonly headersMs: number
  /** From the headers until the end of the body; what has come by then is the body. */
  readonly bodyMs: number
}

export const defaultTimeouts: OutboundTimeouts = { connectMs: 5000, headersMs: 15_000, bodyMs: 5000 }

export type FailureReason =
  /** The address isn't one that may be reached. */
  | 'address-refused'
  | 'name-not-found'
  | 'connect-failed'
  | 'connect-timeout'
  | 'tls-failed'
  | 'response-timeout'
  /** What came isn't HTTP, or more of it than is taken. */
  | 'invalid-response'
  | 'connection-lost'

/** The request got no answer. The message names the peer's host at most, never a path, a header or a body. */
export class OutboundFailure extends Error {
  readonly reason: FailureReason

  constructor(reason: FailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'OutboundFailure'
    this.reason = reason
  }
}
