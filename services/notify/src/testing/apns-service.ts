import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@koine/base'
import type { TestCertificate } from '@koine/base/testing'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { ApnsCredentials } from '../push/providers/apns.ts'

export interface ApnsNotification {
  readonly token: string
  readonly headers: IncomingHttpHeaders
  readonly payload: { aps: { alert: { title?: string; body: string } }; koine: Record<string, unknown> }
}

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly timestamp?: number
}

const hourMs = 3_600_000
const renewalMs = 20 * 60_000

/** Apple's push service as its documentation has it: HTTP/2 over TLS, ES256 tokens of one team, reasons in JSON. */
export class ApnsService implements AsyncDisposable {
  readonly notifications: ApnsNotification[] = []
  readonly tokens: string[] = []
  /** What is answered for a device instead of taking it. */
  readonly refusals = new Map<string, Refusal>()
  readonly #server: Http2SecureServer
  readonly #clock: Clock
  readonly #keys = new Map<string, { readonly teamId: string; readonly publicKey: KeyObject; readonly topic: string }>()
  readonly #sessions = new Set<ServerHttp2Session>()
  connections = 0
  /** Leaves requests without an answer. */
  hangs = false

  private constructor(server: Http2SecureServer, clock: Clock) {
    this.#server = server
    this.#clock = clock
  }

  static async open({ cert, keyText }: TestCertificate, clock: Clock): Promise<ApnsService> {
    const server = createSecureServer({ cert, key: keyText })
    const service = new ApnsService(server, clock)
    server.on('session', (session) => {
      service.connections++
      service.#sessions.add(session)
      session.on('close', () => service.#sessions.delete(session))
      session.on('error', () => {}) // The client left; the test sees what came of it.
    })
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const chunks: Buffer[] = []
      stream.on('error', () => {}) // The client gave up.
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        void service.#take(headers, Buffer.concat(chunks)).then((refusal) => {
          if (service.hangs || stream.destroyed) return
          stream.respond({ ':status': refusal?.status ?? 200, 'apns-id': 'x' })
          const { status: _status, ...body } = refusal ?? { status: 200 }
          stream.end(refusal ? JSON.stringify(body) : '')
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get origin(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** A signing key of a team, as Apple's developer pages give it out. */
  issue(keyId = 'ABC123DEFG', teamId = 'TEAM123456', topic = 'com.example.chat'): ApnsCredentials {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#keys.set(keyId, {
      teamId,
      publicKey: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      topic,
    })
    return { keyId, teamId, topic, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
  }

  /** Takes leave of every connection, as a service does that is restarted. */
  goAway(): void {
    for (const session of this.#sessions) session.goaway()
  }

  /** Breaks every connection. */
  breakConnections(): void {
    for (const session of this.#sessions) session.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #take(headers: IncomingHttpHeaders, body: Buffer): Promise<Refusal | undefined> {
    const [, token] = /^\/3\/device\/([0-9a-f]+)$/.exec(String(headers[':path'])) ?? []
    if (headers[':method'] !== 'POST') return { status: 405, reason: 'MethodNotAllowed' }
    if (!token) return { status: 404, reason: 'BadPath' }
    const refusal =
      (await this.#tokenRefusal(headers)) ?? this.#requestRefusal(headers, body) ?? this.refusals.get(token)
    if (!refusal) this.notifications.push({ token, headers, payload: JSON.parse(body.toString('utf8')) as never })
    return refusal
  }

  async #tokenRefusal({ authorization = '', 'apns-topic': topic }: IncomingHttpHeaders): Promise<Refusal | undefined> {
    const [, token] = /^bearer (\S+)$/.exec(authorization) ?? []
    if (!token) return { status: 403, reason: 'MissingProviderToken' }
    const { alg, kid = '' } = decodeProtectedHeader(token)
    const key = this.#keys.get(kid)
    if (!key || alg !== 'ES256') return { status: 403, reason: 'InvalidProviderToken' }
    try {
      await jwtVerify(token, key.publicKey, { issuer: key.teamId, currentDate: new Date(this.#clock.now()) })
    } catch {
      return { status: 403, reason: 'InvalidProviderToken' }
    }
    const ageMs = this.#clock.now() - decodeJwt(token).iat! * 1000
    if (ageMs > hourMs) return { status: 403, reason: 'ExpiredProviderToken' }
    if (!this.tokens.includes(token)) {
      const before = this.tokens.at(-1)
      this.tokens.push(token)
      const sinceMs = before ? (decodeJwt(token).iat! - decodeJwt(before).iat!) * 1000 : Infinity
      if (sinceMs < renewalMs) return { status: 429, reason: 'TooManyProviderTokenUpdates' }
    }
    return topic === key.topic ? undefined : { status: 400, reason: 'TopicDisallowed' }
  }

  #requestRefusal(headers: IncomingHttpHeaders, body: Buffer): Refusal | undefined {
    if (body.length === 0) return { status: 400, reason: 'PayloadEmpty' }
    if (body.length > 4096) return { status: 413, reason: 'PayloadTooLarge' }
    const collapseId = headers['apns-collapse-id']
    if (typeof collapseId === 'string' && Buffer.byteLength(collapseId) > 64)
      return { status: 400, reason: 'BadCollapseId' }
    if (!/^\d+$/.test(String(headers['apns-expiration']))) return { status: 400, reason: 'BadExpirationDate' }
    return headers['apns-priority'] === '10' ? undefined : { status: 400, reason: 'BadPriority' }
  }
}
