import { invariant } from '@koine/base/errors'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
import { compileDecoder, type Decoder } from './compile-decoder.ts'
import { compileEncoder, type Encoder } from './compile-encoder.ts'
import type { Version } from './layout.ts'
import type { Decoded, Encodable, Field } from './types.ts'

/** One kind of message: a request or a response of one API. */
export interface Message<Fields extends readonly Field[]> {
  readonly fields: Fields
  decode(reader: Reader, version: number): Decoded<Fields>
  encode(writer: Writer, version: number, value: Encodable<Fields>): void
}

export interface Api<
  Request extends readonly Field[] = readonly Field[],
  Response extends readonly Field[] = readonly Field[],
> {
  readonly key: number
  readonly name: string
  /** The versions that the tables describe. */
  readonly versions: VersionRange
  /** From here on lengths are varints and every structure ends with tagged fields; undefined: never. */
  readonly flexibleSince: number | undefined
  readonly request: Message<Request>
  readonly response: Message<Response>
}

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface ApiTable<Request extends readonly Field[], Response extends readonly Field[]> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  readonly flexibleSince?: number
  readonly request: Request
  readonly response: Response
}

export function api<const Request extends readonly Field[], const Response extends readonly Field[]>(
  table: ApiTable<Request, Response>,
): Api<Request, Response> {
  const { key, name, flexibleSince } = table
  const versions = { min: table.versions[0], max: table.versions[1] }
  const form = (number: number): Version => {
    invariant(number >= versions.min && number <= versions.max, `${name} has no table for version ${number}.`)
    return { number, flexible: isFlexible(flexibleSince, number) }
  }
  return {
    key,
    name,
    versions,
    flexibleSince,
    request: message(table.request, form),
    response: message(table.response, form),
  }
}

export const isFlexible = (flexibleSince: number | undefined, version: number): boolean =>
  flexibleSince !== undefined && version >= flexibleSince

/** Codecs are compiled at the first use of their version. */
function message<Fields extends readonly Field[]>(fields: Fields, form: (version: number) => Version): Message<Fields> {
  const decoders: (Decoder | undefined)[] = []
  const encoders: (Encoder | undefined)[] = []
  return {
    fields,
    decode(reader, version) {
      const decoder = (decoders[version] ??= compileDecoder(fields, form(version)))
      return decoder(reader) as Decoded<Fields>
    },
    encode(writer, version, value) {
      const encoder = (encoders[version] ??= compileEncoder(fields, form(version)))
      encoder(writer, value)
    },
  }
}
