import type { Clock } from '@koine/base'
import { type ApnsOrigins, appleOrigins } from '../push/providers/apns.ts'
import { type FcmOrigins, googleOrigins } from '../push/providers/fcm.ts'
import { HttpTransport } from './http-transport.ts'
import { Http2Transport } from './http2-transport.ts'
import type { Transport } from './transport.ts'

/** The ways out, and where the push services are. */
export interface Outbound {
  /** To addresses that tenants and their users name. */
  readonly guarded: Transport
  /** To Google. */
  readonly fcm: Transport
  /** To Apple. */
  readonly apns: Transport
  readonly fcmOrigins: FcmOrigins
  readonly apnsOrigins: ApnsOrigins
}

export interface OutboundWish extends Partial<Outbound> {
  /** Lets webhooks and subscriptions lead to private addresses, and webhooks be plain HTTP. */
  readonly allowPrivateAddresses?: boolean
}

/** The real ones where none are given. */
export function outboundFor(clock: Clock, { allowPrivateAddresses = false, ...given }: OutboundWish): Outbound {
  return {
    guarded: given.guarded ?? new HttpTransport({ clock, allowPrivateAddresses }),
    // The operator names these hosts; in a network of its own they may be proxies at private addresses.
    fcm: given.fcm ?? new HttpTransport({ clock, allowPrivateAddresses: true }),
    apns: given.apns ?? new Http2Transport({ clock }),
    fcmOrigins: given.fcmOrigins ?? googleOrigins,
    apnsOrigins: given.apnsOrigins ?? appleOrigins,
  }
}
