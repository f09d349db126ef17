import { ProtocolError } from './protocol-error.ts'
import type { Reader } from './reader.ts'
import { type Api, isFlexible } from './schema/index.ts'
import type { Writer } from './writer.ts'

const apiVersionsKey = 18

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** What every request starts with, whatever its version: enough to know which header it is. */
export function readRequestPrefix(reader: Reader): Omit<RequestHeader, 'clientId'> {
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() }
}

/**
 * The rest of a request header after its prefix: version 1 ends with the client id, version 2 with tagged fields. The
 * client id keeps its classic form in both.
 */
export function readRequestHeaderRest(
  reader: Reader,
  { flexibleSince }: Pick<Api, 'flexibleSince'>,
  version: number,
): string | null {
  const clientId = reader.nullableString()
  if (isFlexible(flexibleSince, version)) reader.skipTaggedFields()
  return clientId
}

export function writeRequestHeader(writer: Writer, api: Pick<Api, 'flexibleSince'>, header: RequestHeader): void {
  writer.int16(header.apiKey)
  writer.int16(header.apiVersion)
  writer.int32(header.correlationId)
  writer.nullableString(header.clientId)
  if (isFlexible(api.flexibleSince, header.apiVersion)) writer.unsignedVarint(0)
}

type Answered = Pick<Api, 'key' | 'flexibleSince'>

/** Version 0 is the correlation id, version 1 adds tagged fields. ApiVersions always answers with version 0. */
const hasTags = ({ key, flexibleSince }: Answered, version: number): boolean =>
  key !== apiVersionsKey && isFlexible(flexibleSince, version)

export function writeResponseHeader(writer: Writer, api: Answered, version: number, correlationId: number): void {
  writer.int32(correlationId)
  if (hasTags(api, version)) writer.unsignedVarint(0)
}

/** @returns the correlation id */
export function readResponseHeader(reader: Reader, api: Answered, version: number): number {
  const correlationId = reader.int32()
  if (hasTags(api, version)) reader.skipTaggedFields()
  return correlationId
}

/** The length ahead of a frame, held against a bound. */
export function checkFrameLength(length: number, bytesMax: number): number {
  if (length < 0 || length > bytesMax)
    throw new ProtocolError(`A frame declares ${length} bytes; at most ${bytesMax} are taken.`)
  return length
}
