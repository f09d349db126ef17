import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@koine/base'
import type { TestCertificate } from '@koine/base/testing'
import { importJWK, jwtVerify } from 'jose'
import type { WebPushAddress } from '../push/device.ts'
import { Browser } from './browser.ts'

export interface PushedMessage {
  readonly text: string
  readonly ttl: string
  readonly urgency: string
  readonly topic: string
}

interface Subscription {
  readonly browser: Browser
  readonly serverKey: string
  readonly messages: PushedMessage[]
  /** What the service answers instead of taking it. */
  refusal?: { readonly status: number; readonly headers?: Record<string, string> }
}

/** A push service as RFC 8030 and 8292 describe it: it checks who sends, and the browsers read what comes. */
export class WebPushService implements AsyncDisposable {
  readonly #server: Server
  readonly #clock: Clock
  readonly #subscriptions = new Map<string, Subscription>()
  /** Why requests were refused. */
  readonly refused: string[] = []
  /** The tokens that came, each once. */
  readonly tokens = new Set<string>()
  connections = 0

  private constructor(server: Server, clock: Clock) {
    this.#server = server
    this.#clock = clock
  }

  static async open({ cert, keyText }: TestCertificate, clock: Clock): Promise<WebPushService> {
    const server = createServer({ cert, key: keyText })
    const service = new WebPushService(server, clock)
    server.on('secureConnection', () => service.connections++)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        void service.#take(request.url!, request.headers, Buffer.concat(chunks)).then(({ status, headers = {} }) => {
          response.writeHead(status, headers).end()
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get origin(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** What a page gets from `pushManager.subscribe`. */
  async subscribe(serverKey: string): Promise<{ address: WebPushAddress; subscription: Subscription }> {
    const subscription: Subscription = { browser: await Browser.make(), serverKey, messages: [] }
    const path = `/push/${this.#subscriptions.size}`
    this.#subscriptions.set(path, subscription)
    const { p256dh, auth } = subscription.browser
    return { address: { provider: 'web-push', endpoint: this.origin + path, p256dh, auth }, subscription }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(
    path: string,
    headers: NodeJS.Dict<string | string[]>,
    body: Buffer,
  ): Promise<{ status: number; headers?: Record<string, string> }> {
    const subscription = this.#subscriptions.get(path)
    if (!subscription) return { status: 404 }
    if (subscription.refusal) return subscription.refusal
    const problem = await this.#problem(String(headers['authorization']), subscription)
    if (problem) {
      this.refused.push(problem)
      return { status: 403 }
    }
    const topic = String(headers['topic'])
    if (headers['content-encoding'] !== 'aes128gcm' || !/^[\w-]{1,32}$/.test(topic) || body.length > 4096) {
      this.refused.push('a malformed request')
      return { status: 400 }
    }
    const text = await subscription.browser.read(body)
    const { ttl, urgency } = headers
    subscription.messages.push({ text, ttl: String(ttl), urgency: String(urgency), topic })
    return { status: 201, headers: { location: `${this.origin}/message/1` } }
  }

  /** Who sends has to prove itself as whom the browser subscribed to. */
  async #problem(authorization: string, { serverKey }: Subscription): Promise<string | undefined> {
    const [, token = '', key = ''] = /^vapid t=([^,]+), ?k=([\w-]+)$/.exec(authorization) ?? []
    if (key !== serverKey) return 'another key than the one subscribed with'
    const point = Buffer.from(key, 'base64url')
    const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
    try {
      const verified = await jwtVerify(token, await importJWK({ kty: 'EC', crv: 'P-256', x, y }, 'ES256'), {
        algorithms: ['ES256'],
        audience: this.origin,
        currentDate: new Date(this.#clock.now()),
      })
      const { exp, sub } = verified.payload
      if (exp === undefined || exp * 1000 > this.#clock.now() + 24 * 3600 * 1000) return 'a token for over a day'
      if (!/^(mailto:|https:)/.test(sub ?? '')) return 'a token without a contact'
    } catch (error) {
      return String(error)
    }
    this.tokens.add(token)
    return undefined
  }
}
