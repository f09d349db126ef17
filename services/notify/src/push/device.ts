import type { DeviceId } from '@koine/base'

/** Where the push service of a browser or a phone reaches an app. */
export type DeviceAddress = WebPushAddress | ApnsAddress | FcmAddress

/** A `PushSubscription` of a browser. */
export interface WebPushAddress {
  readonly provider: 'web-push'
  readonly endpoint: string
  /** The browser's public key, 65 bytes of an uncompressed P-256 point in base64url. */
  readonly p256dh: string
  /** 16 bytes in base64url. */
  readonly auth: string
}

export interface ApnsAddress {
  readonly provider: 'apns'
  /** The device token in hexadecimal. */
  readonly token: string
  /** Which of Apple's services made it: builds for development have `sandbox`. */
  readonly environment: 'production' | 'sandbox'
}

export interface FcmAddress {
  readonly provider: 'fcm'
  readonly token: string
}

export type PushProviderName = DeviceAddress['provider']

export interface Device {
  readonly id: DeviceId
  readonly address: DeviceAddress
  /** When it was last registered. */
  readonly registeredAtMs: number
}
