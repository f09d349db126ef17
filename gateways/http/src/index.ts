export { HttpGateway } from './http-gateway.ts'
export { type Events, type HttpGatewayOptions, httpLimits, type HttpLimits, type Scope } from './options.ts'
