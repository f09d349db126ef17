export { WebSocketGateway, type WebSocketGatewayOptions } from './gateway.ts'
export { defaultRealtimeLimits, type RealtimeLimits } from './limits.ts'
export type { MessagingPort, TenancyPort } from './realtime.ts'
