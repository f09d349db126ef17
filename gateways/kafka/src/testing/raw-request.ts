import { type Api, writeRequestHeader, Writer } from '@koine/protocols-kafka'

export interface RawRequest {
  readonly api: Api
  readonly version: number
  readonly correlationId?: number
  readonly clientId?: string | null
  readonly body: Record<string, unknown>
}

/** A request as bytes: the frame's length, header and body. */
export function requestBytes({ api, version, correlationId = 1, clientId = null, body }: RawRequest): Buffer {
  const writer = new Writer()
  writeRequestHeader(writer, api, { apiKey: api.key, apiVersion: version, correlationId, clientId })
  api.request.encode(writer, version, body)
  return Buffer.concat(writer.finishFrame())
}
