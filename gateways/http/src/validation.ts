import { KoineError } from '@koine/base'
import type { Operation } from '@koine/contract'
import type { FastifyRequest } from 'fastify'
import type { TObject } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { InvalidFields } from './problems.ts'

export interface ValidRequest {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
}

/** Checks the parts of a request by the contract. Compiled at the first call, so that starting stays quick. */
export function requestValidator(operation: Operation): (request: FastifyRequest) => ValidRequest {
  const params = lazily(operation.params)
  const query = lazily(operation.query)
  const headers = lazily(operation.headers)
  const body = lazily(operation.body)
  return (request) => ({
    params: checkedParams(params, request.params),
    query: checkedText('query', query, request.query),
    headers: checkedText('headers', headers, request.headers),
    body: operation.bodyOptional && request.body === undefined ? {} : checked('body', body, request.body),
  })
}

const lazily = (schema: TObject | undefined): (() => Validator) | undefined => {
  if (!schema) return undefined
  let compiled: Validator | undefined
  return () => (compiled ??= Compile(schema))
}

type Lazy = ReturnType<typeof lazily>

/** An id that can't be one names nothing, so it is as absent as one that is not there. */
function checkedParams(lazy: Lazy, value: unknown): unknown {
  if (lazy && !lazy().Check(value)) throw new KoineError('not_found', 'There is nothing under this path.')
  return value
}

/** Queries and headers come as text: whole numbers are read from it where the schema wants one. */
function checkedText(part: string, lazy: Lazy, value: unknown): unknown {
  if (!lazy) return undefined
  const { properties } = lazy().Type() as TObject
  const read = Object.entries(value as object).map(([name, text]): [string, unknown] => {
    return [
      name,
      isInteger(properties[name]) && typeof text === 'string' && /^-?\d{1,16}$/.test(text) ? Number(text) : text,
    ]
  })
  return checked(part, lazy, Object.fromEntries(read))
}

const isInteger = (schema: object | undefined): boolean =>
  schema !== undefined && 'type' in schema && schema.type === 'integer'

function checked(part: string, lazy: Lazy, value: unknown): unknown {
  if (!lazy) return undefined
  const validator = lazy()
  if (validator.Check(value)) return value
  throw new InvalidFields(wrongFields(part, validator, value))
}

const fieldsMax = 20

function wrongFields(part: string, validator: Validator, value: unknown): { field: string; message: string }[] {
  if (value === undefined) return [{ field: part, message: 'is missing' }]
  const fields = new Map<string, string>()
  for (const { keyword, instancePath, params, message } of validator.Errors(value)) {
    if (keyword === 'required') {
      for (const name of params.requiredProperties) fields.set(`${part}${instancePath}/${name}`, 'is required')
    } else if (keyword === 'boolean') fields.set(`${part}${instancePath}`, 'is not a field of this request')
    else if (keyword !== 'additionalProperties') {
      const field = `${part}${instancePath}`
      if (!fields.has(field)) fields.set(field, message)
    }
  }
  return [...fields].slice(0, fieldsMax).map(([field, message]) => ({ field, message }))
}
