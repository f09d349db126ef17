export type { Conversations, MessageFacts } from './conversations.ts'
export { defaultLimits, type NotifyLimits } from './limits.ts'
export { Notify, type NotifyOptions } from './notify.ts'
export { HttpTransport, type HttpTransportOptions } from './outbound/http-transport.ts'
export { Http2Transport, type Http2TransportOptions } from './outbound/http2-transport.ts'
export type { Outbound, OutboundWish } from './outbound/outbound.ts'
export {
  OutboundFailure,
  type OutboundRequest,
  type OutboundResponse,
  type OutboundTimeouts,
  type Transport,
} from './outbound/transport.ts'
export type { ApnsAddress, Device, DeviceAddress, FcmAddress, PushProviderName, WebPushAddress } from './push/device.ts'
export type { NewPushCredentials, PushCredentialsView } from './push/push-credentials.ts'
export { installationSealingKey } from './sealing/sealed-secrets.ts'
export type { DeliveryPage, ReplayRange } from './webhooks/deliveries.ts'
export type {
  Delivery,
  DeliveryAttempt,
  DeliveryState,
  NewWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointChanges,
} from './webhooks/endpoint.ts'
