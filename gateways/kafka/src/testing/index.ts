export { type RawRequest, requestBytes } from './raw-request.ts'
export { plainToken, WireClient } from './wire-client.ts'
