import { createHmac } from 'node:crypto'
import { KoineError, type Randomness } from '@koine/base'

/*
 * Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 over id, timestamp and body, under a secret of 24 to
 * 64 bytes that is written as `whsec_` and base64.
 */
const prefix = 'whsec_'
const secretBytes = { least: 24, most: 64, usual: 32 } as const

export const makeWebhookSecret = (randomness: Randomness): string =>
  prefix + Buffer.from(randomness.fill(new Uint8Array(secretBytes.usual))).toString('base64')

/** Errors: `invalid_request`, without a word of the secret. */
export function checkedWebhookSecret(secret: string): string {
  const encoded = typeof secret === 'string' && secret.startsWith(prefix) ? secret.slice(prefix.length) : ''
  const key = Buffer.from(encoded, 'base64')
  const isWhole =
    key.toString('base64') === encoded && key.length >= secretBytes.least && key.length <= secretBytes.most
  if (isWhole) return secret
  throw new KoineError(
    'invalid_request',
    `A secret is \`${prefix}\` and ${secretBytes.least} to ${secretBytes.most} bytes in base64.`,
  )
}

export interface SignedContent {
  readonly id: string
  readonly timestampSeconds: number
  readonly body: string
}

/** The three headers, signed with each of the secrets. */
export function signedHeaders(content: SignedContent, secrets: readonly string[]): Record<string, string> {
  return {
    'webhook-id': content.id,
    'webhook-timestamp': String(content.timestampSeconds),
    'webhook-signature': secrets.map((secret) => `v1,${signature(content, secret)}`).join(' '),
  }
}

function signature({ id, timestampSeconds, body }: SignedContent, secret: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64')
  return createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
}
