import type { Static, TSchema } from 'typebox'
import { type OperationId, type Operations, operations } from './operations.ts'

type Part<Id extends OperationId, Name extends 'params' | 'query' | 'headers' | 'body'> =
  Operations[Id] extends Record<Name, infer Schema extends TSchema> ? Static<Schema> : undefined

export type ParamsOf<Id extends OperationId> = Part<Id, 'params'>
export type QueryOf<Id extends OperationId> = Part<Id, 'query'>
export type BodyOf<Id extends OperationId> = Part<Id, 'body'>

type SuccessSchema<Responses> = {
  [Status in keyof Responses & (200 | 201 | 204)]: Responses[Status] extends { schema: infer Schema extends TSchema }
    ? Static<Schema>
    : undefined
}[keyof Responses & (200 | 201 | 204)]

/** What a successful call answers; undefined when there is no body. */
export type AnswerOf<Id extends OperationId> = SuccessSchema<Operations[Id]['responses']>

type Given<Name extends string, Value, Optional> = Value extends undefined
  ? { readonly [N in Name]?: undefined }
  : Optional extends true
    ? { readonly [N in Name]?: Value }
    : { readonly [N in Name]: Value }

/** What a call of the operation has to bring: `{ params, query, body }`, each where the operation has it. */
export type RequestOf<Id extends OperationId> = Given<'params', ParamsOf<Id>, false> &
  Given<'query', QueryOf<Id>, Record<string, never> extends QueryOf<Id> ? true : false> &
  Given<'body', BodyOf<Id>, Operations[Id] extends { bodyOptional: true } ? true : false>

/** The path with the parameters filled in, and the query after it. */
export function pathOf<Id extends OperationId>(id: Id, request: Pick<RequestOf<Id>, 'params' | 'query'>): string {
  const params = (request.params ?? {}) as Record<string, string>
  const path = operations[id].path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries<string | number | undefined>(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}
