import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { retryAfterMs } from '../../outbound/retry-after.ts'
import type { OutboundResponse } from '../../outbound/transport.ts'
import type { FcmAddress } from '../device.ts'
import { type PushMessage, type PushOutcome, pushData, secondsLeft } from '../push-message.ts'
import { FreshTokens } from './fresh-tokens.ts'
import {
  jsonOf,
  memberOf,
  type ProviderContext,
  type Push,
  type PushProvider,
  reasonText,
  unanswered,
} from './provider.ts'

/** Of a service account: the members of its JSON key file. Its `token_uri` is not looked at: the operator names that. */
export interface FcmCredentials {
  readonly projectId: string
  readonly clientEmail: string
  /** An RSA key in PEM (PKCS #8). */
  readonly privateKey: string
}

export interface FcmOrigins {
  readonly api: string
  readonly token: string
}

export const googleOrigins: FcmOrigins = {
  api: 'https://fcm.googleapis.com',
  token: 'https://oauth2.googleapis.com/token',
}

const messagingScope = 'https://www.googleapis.com/auth/firebase.messaging'
const assertionLifeSeconds = 3600
const assertionGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** An access token is used until so long before its end. */
const tokenMarginMs = 5 * 60_000
const ttlSecondsMax = 28 * 24 * 3600
/** What Google asks for after a full quota, when it doesn't say. */
const quotaWaitMs = 60_000

/** Firebase Cloud Messaging, HTTP v1. */
export class Fcm implements PushProvider<FcmAddress, FcmCredentials> {
  readonly #context: ProviderContext
  readonly #origins: FcmOrigins
  readonly #tokens: FreshTokens

  constructor(context: ProviderContext, origins: FcmOrigins = googleOrigins) {
    this.#context = context
    this.#origins = origins
    this.#tokens = new FreshTokens(context.clock)
  }

  async send(push: Push<FcmAddress, FcmCredentials>, signal: AbortSignal): Promise<PushOutcome> {
    try {
      const token = await this.#accessToken(push, signal)
      const response = await this.#request(push, token, signal)
      if (response.status !== 401) return this.#outcomeOf(response)
      // Revoked before its time: a new one may be accepted.
      this.#tokens.forget(push.fingerprint)
      return this.#outcomeOf(await this.#request(push, await this.#accessToken(push, signal), signal))
    } catch (thrown) {
      return thrown instanceof NoAccess ? thrown.outcome : unanswered(thrown)
    }
  }

  async #accessToken(
    { credentials, fingerprint }: Push<FcmAddress, FcmCredentials>,
    signal: AbortSignal,
  ): Promise<string> {
    const { text } = await this.#tokens.get(fingerprint, async () => {
      const response = await this.#context.transport.send({
        url: new URL(this.#origins.token),
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(
          new URLSearchParams({ grant_type: assertionGrant, assertion: await this.#assertion(credentials) }).toString(),
        ),
        signal,
      })
      return this.#grantedToken(response)
    })
    return text
  }

  #assertion({ clientEmail, privateKey }: FcmCredentials): Promise<string> {
    const seconds = Math.floor(this.#context.clock.now() / 1000)
    return new SignJWT({ scope: messagingScope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(clientEmail)
      .setAudience(this.#origins.token)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + assertionLifeSeconds)
      .sign(createPrivateKey(privateKey))
  }

  #grantedToken(response: OutboundResponse): { text: string; freshUntilMs: number } {
    const { status, headers } = response
    const answer = jsonOf(response)
    const [text, seconds] = [memberOf(answer, 'access_token'), memberOf(answer, 'expires_in')]
    const now = this.#context.clock.now()
    if (
      status === 200 &&
      typeof text === 'string' &&
      /^[\x21-\x7e]{1,8192}$/.test(text) &&
      typeof seconds === 'number'
    ) {
      return { text, freshUntilMs: now + seconds * 1000 - tokenMarginMs }
    }
    const reason = `the token endpoint answered ${status} ${reasonText(memberOf(answer, 'error'), '')}`.trim()
    if (status >= 400 && status < 500 && status !== 429) throw new NoAccess({ kind: 'misconfigured', reason })
    const afterMs = retryAfterMs(headers, now)
    throw new NoAccess({ kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) })
  }

  #request(
    { address, credentials, message }: Push<FcmAddress, FcmCredentials>,
    accessToken: string,
    signal: AbortSignal,
  ): Promise<OutboundResponse> {
    const body = { message: { token: address.token, ...messageOf(message, this.#context.clock.now()) } }
    return this.#context.transport.send({
      url: new URL(`/v1/projects/${encodeURIComponent(credentials.projectId)}/messages:send`, this.#origins.api),
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
      signal,
    })
  }

  #outcomeOf(response: OutboundResponse): PushOutcome {
    const { status, headers } = response
    if (status === 200) return { kind: 'delivered' }
    const error = memberOf(jsonOf(response), 'error')
    const code = errorCodeOf(error)
    const reason = `FCM answered ${status} ${code}`.trim()
    if (code === 'UNREGISTERED' || (status === 400 && isTokenInvalid(error))) return { kind: 'dead', reason }
    if (status === 429 || status >= 500) {
      const afterMs = retryAfterMs(headers, this.#context.clock.now()) ?? (status === 429 ? quotaWaitMs : undefined)
      return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) }
    }
    // A wrong project, account or sender says nothing about the device, so no registration is given up for it.
    if (status === 401 || status === 403 || status === 404) return { kind: 'misconfigured', reason }
    return { kind: 'rejected', reason }
  }
}

/** No access token was granted; what that means for the push. */
class NoAccess extends Error {
  readonly outcome: PushOutcome

  constructor(outcome: PushOutcome) {
    super(outcome.kind === 'delivered' ? '' : outcome.reason)
    this.outcome = outcome
  }
}

const detailsOf = (error: unknown): readonly unknown[] => {
  const details = memberOf(error, 'details')
  return Array.isArray(details) ? details.slice(0, 20) : []
}

/** FCM's own code, which says more than the canonical `status` beside it. */
function errorCodeOf(error: unknown): string {
  const codes = detailsOf(error).map((detail) => memberOf(detail, 'errorCode'))
  return reasonText(codes.find((code) => typeof code === 'string') ?? memberOf(error, 'status'), '')
}

/** Whether it is the registration token, and not something else in the message, that is malformed. */
function isTokenInvalid(error: unknown): boolean {
  const violations = detailsOf(error).flatMap((detail) => {
    const list = memberOf(detail, 'fieldViolations')
    return Array.isArray(list) ? list.slice(0, 20) : []
  })
  if (violations.some((violation) => memberOf(violation, 'field') === 'message.token')) return true
  return memberOf(error, 'message') === 'The registration token is not a valid FCM registration token'
}

function messageOf(message: PushMessage, nowMs: number) {
  const { conversationId, title, body, expiresAtMs } = message
  const ttlSeconds = Math.min(ttlSecondsMax, secondsLeft(message, nowMs))
  const { seq, ...data } = pushData(message)
  return {
    notification: { ...(title !== '' && { title }), body },
    // Values are strings by FCM's rules.
    data: { ...data, seq: String(seq) },
    android: {
      collapse_key: conversationId,
      priority: 'HIGH',
      ttl: `${ttlSeconds}s`,
      notification: { tag: conversationId },
    },
    apns: {
      headers: {
        'apns-collapse-id': conversationId,
        'apns-expiration': String(Math.floor(expiresAtMs / 1000)),
        'apns-priority': '10',
      },
      payload: { aps: { 'thread-id': conversationId, sound: 'default' } },
    },
    webpush: { headers: { TTL: String(ttlSeconds), Urgency: 'high', Topic: conversationId } },
  }
}
