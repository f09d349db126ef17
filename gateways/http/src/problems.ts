import { type ErrorCode, errorTable, KoineError, type Logger, toKoineError } from '@koine/base'
import type { Problem } from '@koine/contract'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** `invalid_request` that names every field that is wrong. */
export class InvalidFields extends KoineError {
  readonly fields: readonly { readonly field: string; readonly message: string }[]

  constructor(fields: InvalidFields['fields']) {
    const [first] = fields
    super('invalid_request', first ? `${first.field}: ${first.message}.` : 'The request is not valid.')
    this.fields = fields
  }
}

export const problemType = 'application/problem+json; charset=utf-8'
const retryAfterUsualMs = 1000

export function problemOf(error: KoineError, requestId?: string): Problem {
  const { http, title } = errorTable[error.code]
  return {
    type: `/docs#${error.code}`,
    title,
    status: http,
    code: error.code,
    detail: error.message,
    ...(error instanceof InvalidFields && { errors: [...error.fields] }),
    ...(retryAfterMsOf(error) === undefined ? {} : { retryAfterMs: retryAfterMsOf(error) }),
    ...(requestId !== undefined && { requestId }),
  }
}

/** Answers with a problem, and logs what isn't the caller's doing. */
export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const error = request.raw.errored === thrown ? brokenOff(thrown) : asKoineError(thrown)
  const status = errorTable[error.code].http
  const where = { requestId: request.id, method: request.method, route: request.routeOptions.url ?? null }
  if (error.code === 'internal') logger.error({ ...where, err: error.cause ?? error }, 'a request failed unexpectedly')
  else if (status >= 500) logger.warn({ ...where, code: error.code, err: error }, 'a request could not be served')
  const retryAfterMs = retryAfterMsOf(error)
  if (retryAfterMs !== undefined) void reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1000)))
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="koine"')
  return reply
    .status(status)
    .type(problemType)
    .send(JSON.stringify(problemOf(error, request.id)))
}

/** A time for what is refused for now (429, 503), and for whatever else says one. */
function retryAfterMsOf({ code, retryAfterMs }: KoineError): number | undefined {
  const { http } = errorTable[code]
  return retryAfterMs ?? (http === 429 || http === 503 ? retryAfterUsualMs : undefined)
}

const codesOfFastify: { readonly [code: string]: { code: ErrorCode; message: string } } = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large', message: 'The body is over the limit.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type', message: 'The body must be application/json.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_request',
    message: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_BAD_URL: { code: 'invalid_request', message: 'The path is not valid.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found', message: 'There is no such path.' },
  FST_ERR_HANDLER_TIMEOUT: { code: 'timeout', message: 'The call took too long; it may still have its effect.' },
}

/** The client went away before its request was whole: nobody hears the answer, and nothing of ours has failed. */
const brokenOff = (cause: unknown): KoineError =>
  new KoineError('invalid_request', 'The request ended before it was whole.', { cause })

/** What Fastify itself refuses has codes of its own; below 500 it is the caller's doing. */
function asKoineError(thrown: unknown): KoineError {
  if (thrown instanceof KoineError) return thrown
  const { code, statusCode } = thrown as Partial<FastifyError>
  const known = code === undefined ? undefined : codesOfFastify[code]
  if (known) return new KoineError(known.code, known.message, { cause: thrown })
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500) {
    return new KoineError('invalid_request', 'The request is malformed.', { cause: thrown })
  }
  // The console's files: a folder isn't one of them.
  if (statusCode === 403 || statusCode === 404) {
    return new KoineError('not_found', 'There is nothing under this path.', { cause: thrown })
  }
  return toKoineError(thrown)
}
