export { HttpGateway } from './http-gateway.ts'
export { type HttpGatewayOptions, httpLimits, type HttpLimits, type Scope, type Streams } from './options.ts'
