import type { Api, Decoded, Encodable, Field, VersionRange } from '@koine/protocols-kafka'
import type { Access, RequestCharges, Streams } from '@koine/services-streams'
import type { TenantScope } from '@koine/stores-ports'
import type { FetchSessions } from './connection/fetch-sessions.ts'
import type { SaslSession } from './sasl/sasl-session.ts'

/** Where clients reach this node, which is the only broker of every virtual cluster. */
export interface Broker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** What a request comes with, besides its body. */
export interface OpenCall {
  readonly version: number
  readonly clientId: string
  readonly clientHost: string
  readonly broker: Broker
  readonly sasl: SaslSession
  /** The APIs that are served, for ApiVersions. */
  readonly served: readonly ServedApi[]
  /** Aborted when the client is gone or the node drains: end what only waits. */
  readonly signal: AbortSignal
}

export interface Call extends OpenCall {
  readonly scope: TenantScope
  /** What the connection's principal may do. Every handler asks before it acts or tells. */
  readonly access: Access
  readonly streams: Streams
  /** What the request costs its tenant; its number and its time are charged already. */
  readonly charges: RequestCharges
  /** Of the whole request. */
  readonly requestBytes: number
  readonly autoCreateTopics: boolean
  /** An answer of up to so many bytes fits beside those that all other connections may be sent at the same time. */
  readonly answerBytesMax: number
  /** Of this connection. */
  readonly fetchSessions: FetchSessions
}

export interface ServedApi {
  readonly key: number
  readonly versions: VersionRange
}

interface HandlerFace {
  readonly api: Api
  /** The versions served, and advertised. */
  readonly versions: VersionRange
  /** Whether a request may begin before the one ahead of it is done, both being of this API. Answers keep their order. */
  readonly mayOverlap: boolean
}

export interface OpenHandler extends HandlerFace {
  readonly isOpen: true
  handle(request: unknown, call: OpenCall): Promise<Answer>
}

export interface TenantHandler extends HandlerFace {
  readonly isOpen: false
  handle(request: unknown, call: Call): Promise<Answer>
}

export type Handler = OpenHandler | TenantHandler

/** The response's body; undefined for none at all. */
export type Answer = object | undefined

type Fields = readonly Field[]
type Work<Request extends Fields, Response extends Fields, C> = (
  request: Decoded<Request>,
  call: C,
) => Promise<Encodable<Response> | undefined>

/** A handler that works for the tenant that the connection has authenticated as. */
export const handler = <Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  { versions, mayOverlap = false }: { versions: readonly [min: number, max: number]; mayOverlap?: boolean },
  work: Work<Request, Response, Call>,
): Handler => ({
  api: api as unknown as Api,
  versions: { min: versions[0], max: versions[1] },
  mayOverlap,
  isOpen: false,
  handle: work,
})

/** A handler that also answers before authentication. */
export const openHandler = <Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  { versions }: { versions: readonly [min: number, max: number] },
  work: Work<Request, Response, OpenCall>,
): Handler => ({
  api: api as unknown as Api,
  versions: { min: versions[0], max: versions[1] },
  mayOverlap: false,
  isOpen: true,
  handle: work,
})
