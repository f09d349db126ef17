import type { Socket } from 'node:net'
import { KoineError, type Logger } from '@koine/base'
import { operationEntries } from '@koine/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemOf, problemType, sendProblem } from './problems.ts'

/** Makes every failure a problem, whoever finds it. */
export function refusals(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger))
}

/** 405 with `Allow` where the path is known under other methods, else 404. */
export function sendNotFound(request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const methods = methodsAt(request.url)
  if (methods.length === 0 || methods.includes(request.method)) {
    return sendProblem(new KoineError('not_found', 'There is nothing under this path.'), request, reply, logger)
  }
  void reply.header('allow', methods.join(', '))
  const message = `This path takes ${methods.join(', ')}.`
  return sendProblem(new KoineError('method_not_allowed', message), request, reply, logger)
}

const patterns = operationEntries.map(([, { method, path }]) => ({
  method,
  pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
}))

function methodsAt(url: string): string[] {
  const path = url.split('?', 1)[0]!
  const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method as string)
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods
}

const statusOfParserError: { readonly [code: string]: string } = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** For what isn't HTTP enough to become a request. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const statusLine = statusOfParserError[error.code ?? ''] ?? '400 Bad Request'
  const problem = problemOf(new KoineError('invalid_request', 'This is not a valid HTTP request.'))
  const body = JSON.stringify({ ...problem, status: Number(statusLine.slice(0, 3)) })
  socket.end(
    `HTTP/1.1 ${statusLine}\r\nconnection: close\r\ncontent-type: ${problemType}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
