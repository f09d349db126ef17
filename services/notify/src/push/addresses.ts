import { createHash } from 'node:crypto'
import { KoineError } from '@koine/base'
import { isPublicAddress, isWebPort, literalAddress } from '../outbound/addresses.ts'
import type { ApnsAddress, DeviceAddress, FcmAddress, WebPushAddress } from './device.ts'
import { isPoint } from './providers/message-encryption.ts'

const endpointCharactersMax = 2048

/** The address in its one form. Errors: `invalid_request`. */
export function checkedAddress(address: DeviceAddress, allowPrivate: boolean): DeviceAddress {
  switch (address?.provider) {
    case 'web-push':
      return checkedSubscription(address, allowPrivate)
    case 'apns':
      return checkedApnsToken(address)
    case 'fcm':
      return checkedFcmToken(address)
    default:
      throw refusal('The provider of a device is `web-push`, `apns` or `fcm`.')
  }
}

/** What tells one address from another, in 43 characters: whoever holds the same device registers it under this. */
export function addressHash(address: DeviceAddress): string {
  const text = address.provider === 'web-push' ? address.endpoint : address.token
  return createHash('sha256').update(`${address.provider}\n${text}`).digest('base64url')
}

function checkedSubscription(address: WebPushAddress, allowPrivate: boolean): WebPushAddress {
  const { endpoint, p256dh, auth } = address
  const url = typeof endpoint === 'string' && endpoint.length <= endpointCharactersMax ? URL.parse(endpoint) : null
  const isSafe = url?.protocol === 'https:' && url.username === '' && url.password === '' && isWebPort(url)
  const literal = url ? literalAddress(url) : undefined
  if (!url || !isSafe || (literal !== undefined && !allowPrivate && !isPublicAddress(literal))) {
    throw refusal(`A subscription's endpoint is a public https URL of at most ${endpointCharactersMax} characters.`)
  }
  const [key, secret] = [bytesOf(p256dh), bytesOf(auth)]
  if (!key || !isPoint(key)) throw refusal('A subscription’s p256dh is a point of P-256, 65 bytes in base64url.')
  if (secret?.length !== 16) throw refusal('A subscription’s auth has 16 bytes, in base64url.')
  return { provider: 'web-push', endpoint: url.href, p256dh: textOf(key), auth: textOf(secret) }
}

function checkedApnsToken({ token, environment }: ApnsAddress): ApnsAddress {
  if (typeof token !== 'string' || !/^(?:[0-9a-f]{2}){32,100}$/i.test(token)) {
    throw refusal('A device token of APNs has 64 to 200 hexadecimal digits.')
  }
  if (environment !== 'production' && environment !== 'sandbox') {
    throw refusal('The environment of a device of APNs is `production` or `sandbox`.')
  }
  return { provider: 'apns', token: token.toLowerCase(), environment }
}

function checkedFcmToken({ token }: FcmAddress): FcmAddress {
  if (typeof token !== 'string' || !/^[\w:.-]{20,4096}$/.test(token)) {
    throw refusal('A registration token of FCM has 20 to 4096 letters, digits, ":", ".", "_" and "-".')
  }
  return { provider: 'fcm', token }
}

function bytesOf(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' && /^[\w+/-]{1,100}={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : undefined
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

const refusal = (message: string): KoineError => new KoineError('invalid_request', message)
