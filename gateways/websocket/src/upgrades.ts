import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export const realtimePath = '/v1/realtime'

/** Why an upgrade is refused, as an HTTP status; undefined when it is welcome. */
export function refusalOf(
  request: IncomingMessage,
  allowedOrigins: readonly string[] | undefined,
): Refusal | undefined {
  if (request.url?.split('?', 1)[0] !== realtimePath) return refusals.notFound
  const { origin, host } = request.headers
  // Only browsers send an origin. The pages of this server itself are always welcome.
  if (!allowedOrigins || origin === undefined || allowedOrigins.includes(origin)) return undefined
  return host !== undefined && URL.parse(origin)?.host === host ? undefined : refusals.forbidden
}

export const refusals = {
  notFound: { status: '404 Not Found', code: 'not_found', title: 'There is no WebSocket here' },
  forbidden: { status: '403 Forbidden', code: 'forbidden', title: 'The origin is not allowed' },
  unavailable: { status: '503 Service Unavailable', code: 'unavailable', title: 'The server takes no connections now' },
} as const

export type Refusal = (typeof refusals)[keyof typeof refusals]

/** Answers an upgrade with a problem (RFC 9457) and hangs up. */
export function refuse(socket: Duplex, { status, code, title }: Refusal): void {
  const body = JSON.stringify({ type: 'about:blank', title, status: Number.parseInt(status, 10), code })
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
