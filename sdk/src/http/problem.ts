import { type ErrorCode, errorTable, KoineError } from '@koine/base/errors'

/** A failed answer as the error that the server meant, whatever stands between it and us has made of it. */
export async function errorOf(response: Response): Promise<KoineError> {
  const problem = await bodyOf(response)
  const code = isCode(problem.code) ? problem.code : codeOfStatus(response.status)
  const message = typeof problem.detail === 'string' ? problem.detail : `The server answered ${response.status}.`
  return new KoineError(code, message, {
    ...(typeof problem.retryAfterMs === 'number' && { retryAfterMs: problem.retryAfterMs }),
  })
}

/** A call that got no answer at all. */
export const noAnswer = (cause: unknown): KoineError =>
  new KoineError('unavailable', 'The server can not be reached, or did not answer in time.', { cause })

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorTable, code)

async function bodyOf(response: Response): Promise<{ code?: unknown; detail?: unknown; retryAfterMs?: unknown }> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {} // Not JSON, such as a proxy's own page: the status has to do.
  }
}

/** The first code of the table with the status; a status that it lacks is the server's or the client's fault. */
function codeOfStatus(status: number): ErrorCode {
  const codes = Object.keys(errorTable) as ErrorCode[]
  return codes.find((code) => errorTable[code].http === status) ?? (status >= 500 ? 'unavailable' : 'invalid_request')
}
