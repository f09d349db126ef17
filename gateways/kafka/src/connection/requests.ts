import {
  apiVersions,
  errorCodes,
  ProtocolError,
  Reader,
  readRequestHeaderRest,
  readRequestPrefix,
  writeResponseHeader,
  Writer,
} from '@koine/protocols-kafka'
import type { Handler, ServedApi } from '../handler.ts'
import { apiVersionsAnswer } from '../handlers/18-api-versions.ts'
import type { KafkaGatewayLimits } from '../limits.ts'

/** A request as far as it can be read before anybody handles it. */
export interface Request {
  readonly handler: Handler
  readonly version: number
  readonly correlationId: number
  readonly clientId: string
  readonly body: unknown
}

/** A request that is answered without a handler. */
export interface Answered {
  readonly response: readonly Uint8Array[]
}

/** The request names an API, or a version of it, that isn't served; there is no answer that its sender could read. */
export class UnsupportedRequest extends Error {
  override readonly name = 'UnsupportedRequest'
}

/** Knows the handlers: reads requests for them and writes their answers. */
export class Requests {
  readonly served: readonly ServedApi[]
  readonly #handlers: ReadonlyMap<number, Handler>

  readonly #elementsMax: number

  constructor(handlers: readonly Handler[], { requestElementsMax }: Pick<KafkaGatewayLimits, 'requestElementsMax'>) {
    this.#elementsMax = requestElementsMax
    this.#handlers = new Map(handlers.map((handler) => [handler.api.key, handler]))
    this.served = handlers.map(({ api, versions }) => ({ key: api.key, versions })).sort((a, b) => a.key - b.key)
  }

  /** @throws ProtocolError, UnsupportedRequest */
  read(frame: Uint8Array, { isAuthenticated }: { isAuthenticated: boolean }): Request | Answered {
    const reader = new Reader(frame, { arrayElements: this.#elementsMax })
    const { apiKey, apiVersion: version, correlationId } = readRequestPrefix(reader)
    const handler = this.#handlers.get(apiKey)
    if (!handler) throw new UnsupportedRequest(`API ${apiKey} is not served.`)
    if (!handler.isOpen && !isAuthenticated) {
      throw new ProtocolError(`${handler.api.name} comes before authentication.`)
    }
    if (version < handler.versions.min || version > handler.versions.max) {
      if (apiKey === apiVersions.key) return { response: this.#olderApiVersions(correlationId) }
      throw new UnsupportedRequest(`${handler.api.name} is not served in version ${version}.`)
    }
    const clientId = readRequestHeaderRest(reader, handler.api, version) ?? ''
    return { handler, version, correlationId, clientId, body: handler.api.request.decode(reader, version) }
  }

  write({ handler, version, correlationId }: Omit<Request, 'body' | 'clientId'>, answer: object): Uint8Array[] {
    const writer = new Writer()
    writeResponseHeader(writer, handler.api, version, correlationId)
    handler.api.response.encode(writer, version, answer)
    return writer.finishFrame()
  }

  /** A client that asks in a version from the future gets what every client can read (KIP-511). */
  #olderApiVersions(correlationId: number): Uint8Array[] {
    const writer = new Writer()
    writeResponseHeader(writer, apiVersions, 0, correlationId)
    apiVersions.response.encode(writer, 0, apiVersionsAnswer(this.served, errorCodes.UNSUPPORTED_VERSION))
    return writer.finishFrame()
  }
}
