import { retryAfterMs } from '../../outbound/retry-after.ts'
import type { OutboundResponse } from '../../outbound/transport.ts'
import type { WebPushAddress } from '../device.ts'
import { type PushMessage, type PushOutcome, pushData, secondsLeft } from '../push-message.ts'
import { FreshTokens } from './fresh-tokens.ts'
import { encryptMessage, freshMessageKeys } from './message-encryption.ts'
import { type ProviderContext, type Push, type PushProvider, unanswered } from './provider.ts'
import { signVapidToken, type VapidKeys } from './vapid.ts'

export interface WebPushCredentials extends VapidKeys {
  /** `mailto:` or `https:`: whom a push service writes to when something is wrong. */
  readonly contact: string
}

const tokenLifeMs = 12 * 3600 * 1000
const tokenFreshMs = 11 * 3600 * 1000
/** Longer than this no service keeps a message. */
const ttlSecondsMax = 28 * 24 * 3600

/** Web Push: RFC 8030 with encryption (RFC 8291) and the sender's identification (RFC 8292). */
export class WebPush implements PushProvider<WebPushAddress, WebPushCredentials> {
  readonly #context: ProviderContext
  readonly #tokens: FreshTokens

  constructor(context: ProviderContext) {
    this.#context = context
    this.#tokens = new FreshTokens(context.clock)
  }

  async send(push: Push<WebPushAddress, WebPushCredentials>, signal: AbortSignal): Promise<PushOutcome> {
    const { clock, randomness, transport } = this.#context
    const { address, message } = push
    const browser = { p256dh: bytesOf(address.p256dh), auth: bytesOf(address.auth) }
    const url = new URL(address.endpoint)
    const headers = {
      authorization: await this.#authorization(push, url),
      'content-type': 'application/octet-stream',
      'content-encoding': 'aes128gcm',
      ttl: String(Math.min(ttlSecondsMax, secondsLeft(message, clock.now()))),
      urgency: 'high',
      // At most 32 characters of base64url, as every conversation's id is.
      topic: message.conversationId,
    }
    const body = encryptMessage(payloadOf(message), browser, freshMessageKeys(randomness))
    try {
      return this.#outcomeOf(await transport.send({ url, method: 'POST', headers, body, signal }))
    } catch (thrown) {
      return unanswered(thrown)
    }
  }

  async #authorization({ credentials, fingerprint }: Push<unknown, WebPushCredentials>, url: URL): Promise<string> {
    const { contact, publicKey } = credentials
    const { text } = await this.#tokens.get(`${fingerprint} ${url.origin}`, async () => {
      const now = this.#context.clock.now()
      const claims = { audience: url.origin, contact, expiresAtMs: now + tokenLifeMs }
      return { text: await signVapidToken(credentials, claims), freshUntilMs: now + tokenFreshMs }
    })
    return `vapid t=${text}, k=${publicKey}`
  }

  #outcomeOf({ status, headers }: OutboundResponse): PushOutcome {
    const reason = `the push service answered ${status}`
    if (status >= 200 && status < 300) return { kind: 'delivered' }
    if (status === 404 || status === 410) return { kind: 'dead', reason }
    if (status === 401 || status === 403)
      return { kind: 'misconfigured', reason: `${reason}: it doesn't accept the VAPID keys` }
    if (status === 429 || status >= 500) {
      const afterMs = retryAfterMs(headers, this.#context.clock.now())
      return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) }
    }
    // Redirects too: a subscription says where it lives.
    return { kind: 'rejected', reason }
  }
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url')

/** What a service worker gets as JSON: some 2 KB at most, by the bounds of title and body. */
const payloadOf = (message: PushMessage): Uint8Array =>
  Buffer.from(JSON.stringify({ title: message.title, body: message.body, ...pushData(message) }))
