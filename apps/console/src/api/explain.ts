/** A failure in the reader's words: what happened, and what to do about it. */
export interface Explained {
  readonly code: string
  readonly title: string
  readonly advice: string
}

const explanations: Readonly<Record<string, Omit<Explained, 'code'>>> = {
  unauthenticated: { title: 'The credential is no longer valid.', advice: 'Sign out and sign in again.' },
  forbidden: { title: 'This credential does not allow that.', advice: 'Sign in with another API key.' },
  tenant_suspended: { title: 'The tenant is suspended.', advice: 'Ask the operator to resume it.' },
  not_found: { title: 'It is not there.', advice: 'It may have been deleted, or it belongs to another tenant.' },
  too_large: { title: 'It is too long.', advice: 'Shorten it and send it again.' },
  rate_limited: { title: 'Too many requests.', advice: 'Wait a moment and try again.' },
  overloaded: { title: 'The server is at its limit.', advice: 'Wait a moment and try again.' },
  unavailable: { title: 'The server can’t be reached.', advice: 'Check that it is running, then try again.' },
  timeout: { title: 'It took too long.', advice: 'Try again; nothing is sent twice.' },
  internal: { title: 'Something broke on the server.', advice: 'Try again; its log has the details.' },
}

/** Any thrown value for the reader. The SDK's errors carry a code of the error table. */
export function explain(thrown: unknown): Explained {
  const code = codeOf(thrown)
  const known = explanations[code]
  if (known) return { code, ...known }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { code, title: message, advice: 'Try again.' }
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code
  // What fetch throws when no answer came at all.
  return thrown instanceof TypeError ? 'unavailable' : 'unknown'
}
