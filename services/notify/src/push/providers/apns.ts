import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import type { OutboundResponse } from '../../outbound/transport.ts'
import { retryAfterMs } from '../../outbound/retry-after.ts'
import type { ApnsAddress } from '../device.ts'
import { type PushMessage, type PushOutcome, pushData } from '../push-message.ts'
import { type FreshToken, FreshTokens } from './fresh-tokens.ts'
import {
  jsonOf,
  memberOf,
  type ProviderContext,
  type Push,
  type PushProvider,
  reasonText,
  unanswered,
} from './provider.ts'

export interface ApnsCredentials {
  readonly teamId: string
  readonly keyId: string
  /** The app's bundle id. */
  readonly topic: string
  /** The signing key, a P-256 key in PEM (PKCS #8) as Apple's `.p8` file has it. */
  readonly privateKey: string
}

export interface ApnsOrigins {
  readonly production: string
  readonly sandbox: string
}

export const appleOrigins: ApnsOrigins = {
  production: 'https://api.push.apple.com',
  sandbox: 'https://api.sandbox.push.apple.com',
}

/** Apple refuses tokens of over an hour, and new ones more often than every twenty minutes. */
const tokenFreshMs = 45 * 60_000
const tokenRenewableMs = 20 * 60_000

const deadReasons = new Set(['BadDeviceToken', 'Unregistered', 'ExpiredToken'])
const misconfiguredReasons = new Set(['DeviceTokenNotForTopic', 'BadTopic', 'MissingTopic', 'TopicDisallowed'])
const tokenReasons = new Set(['ExpiredProviderToken', 'InvalidProviderToken', 'MissingProviderToken'])

/** Apple's push service: HTTP/2, with a provider token. */
export class Apns implements PushProvider<ApnsAddress, ApnsCredentials> {
  readonly #context: ProviderContext
  readonly #origins: ApnsOrigins
  readonly #tokens: FreshTokens

  constructor(context: ProviderContext, origins: ApnsOrigins = appleOrigins) {
    this.#context = context
    this.#origins = origins
    this.#tokens = new FreshTokens(context.clock)
  }

  async send(push: Push<ApnsAddress, ApnsCredentials>, signal: AbortSignal): Promise<PushOutcome> {
    try {
      const token = await this.#token(push)
      const response = await this.#request(push, token, signal)
      if (!this.#wantsNewToken(response, token)) return this.#outcomeOf(response)
      this.#tokens.forget(push.fingerprint)
      return this.#outcomeOf(await this.#request(push, await this.#token(push), signal))
    } catch (thrown) {
      return unanswered(thrown)
    }
  }

  #token({ credentials, fingerprint }: Push<ApnsAddress, ApnsCredentials>): Promise<FreshToken> {
    return this.#tokens.get(fingerprint, async () => {
      const now = this.#context.clock.now()
      const text = await new SignJWT()
        .setProtectedHeader({ alg: 'ES256', kid: credentials.keyId })
        .setIssuer(credentials.teamId)
        .setIssuedAt(Math.floor(now / 1000))
        .sign(createPrivateKey(credentials.privateKey))
      return { text, freshUntilMs: now + tokenFreshMs }
    })
  }

  #request(
    { address, credentials, fingerprint, message }: Push<ApnsAddress, ApnsCredentials>,
    token: FreshToken,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    return this.#context.transport.send({
      url: new URL(`/3/device/${address.token}`, this.#origins[address.environment]),
      method: 'POST',
      headers: {
        authorization: `bearer ${token.text}`,
        'content-type': 'application/json',
        'apns-topic': credentials.topic,
        'apns-push-type': 'alert',
        'apns-priority': '10',
        'apns-expiration': String(Math.floor(message.expiresAtMs / 1000)),
        'apns-collapse-id': message.conversationId,
      },
      body: Buffer.from(JSON.stringify(payloadOf(message))),
      // A connection speaks for one team only.
      connectionKey: fingerprint,
      signal,
    })
  }

  #wantsNewToken({ status, ...response }: OutboundResponse, token: FreshToken): boolean {
    const reason = status === 403 && memberOf(jsonOf({ status, ...response }), 'reason')
    const isOldEnough = this.#context.clock.now() - token.madeAtMs >= tokenRenewableMs
    return typeof reason === 'string' && tokenReasons.has(reason) && isOldEnough
  }

  #outcomeOf(response: OutboundResponse): PushOutcome {
    const { status, headers } = response
    if (status === 200) return { kind: 'delivered' }
    const answer = jsonOf(response)
    const said = reasonText(memberOf(answer, 'reason'), '')
    const reason = `APNs answered ${status} ${said}`.trim()
    if (status === 410 || deadReasons.has(said)) {
      const sinceMs = memberOf(answer, 'timestamp')
      return { kind: 'dead', reason, ...(typeof sinceMs === 'number' && { sinceMs }) }
    }
    if (status === 403 || misconfiguredReasons.has(said)) return { kind: 'misconfigured', reason }
    if (status === 429 || status >= 500) {
      const afterMs = retryAfterMs(headers, this.#context.clock.now())
      return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) }
    }
    return { kind: 'rejected', reason }
  }
}

/** Some 2 KB at most, by the bounds of title and body; Apple takes 4. */
const payloadOf = (message: PushMessage) => ({
  aps: {
    alert: { ...(message.title !== '' && { title: message.title }), body: message.body },
    'thread-id': message.conversationId,
    sound: 'default',
    'mutable-content': 1,
  },
  koine: pushData(message),
})
