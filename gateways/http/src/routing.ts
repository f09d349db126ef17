import type { ApiKeyId, ConversationId, TenantId, UserId } from '@koine/base'
import {
  type AnswerOf,
  type BodyOf,
  type Operation,
  type OperationId,
  type Operations,
  operations,
  type ParamsOf,
  type QueryOf,
} from '@koine/contract'
import type { Tenancy } from '@koine/services-tenancy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Caller, callerOf } from './caller.ts'
import { idempotencyKeyOf, onceForKey } from './idempotency.ts'
import type { Scope } from './options.ts'
import { requestValidator, type ValidRequest } from './validation.ts'

interface BrandedIds {
  tenantId: TenantId
  keyId: ApiKeyId
  userId: UserId
  conversationId: ConversationId
}
/** The path's parameters, branded by their names: the contract has checked their form. */
type Branded<Params> = {
  readonly [Name in keyof Params]: Name extends keyof BrandedIds ? BrandedIds[Name] : Params[Name]
}
/** What a creating call makes, where it can be told the id of it. */
interface NewIds {
  createTenant: TenantId
  createApiKey: ApiKeyId
  createUser: UserId
  createConversation: ConversationId
}
type Auth<Id extends OperationId> = Operations[Id]['auth'][number]

/** A valid call by someone who may make it. */
export interface Call<Id extends OperationId> {
  readonly params: Branded<ParamsOf<Id>>
  readonly query: QueryOf<Id>
  readonly body: BodyOf<Id>
  readonly caller: Caller | undefined
  /** There for every operation that the operator can't call. */
  readonly scope: [Auth<Id>] extends [never] ? undefined : 'operator' extends Auth<Id> ? Scope | undefined : Scope
  /** There where only a user can call, or an API key that acts for one. */
  readonly userId: [Auth<Id>] extends ['user'] ? UserId : UserId | undefined
  /** With an `Idempotency-Key`: the id for what is made, the same in every try. */
  readonly newId: (Id extends keyof NewIds ? NewIds[Id] : string) | undefined
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

type Immutable<T> = T extends object ? { readonly [Name in keyof T]: Immutable<T[Name]> } : T

export type Handler<Id extends OperationId> = (call: Call<Id>) => Promise<Immutable<AnswerOf<Id>>>

export interface Routing {
  readonly app: FastifyInstance
  readonly tenancy: Tenancy
  readonly handlerTimeoutMs: number
}

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller
  }
}

/** Registers one operation of the contract. What `handle` returns is sent with the operation's success status. */
export function route<Id extends OperationId>(routing: Routing, id: Id, handle: Handler<Id>): void {
  const operation: Operation = operations[id]
  const status = successStatus(operation)
  addRoute(routing, id, { timed: true }, async (call) => {
    void call.reply.status(status)
    const { answer, repeated } = await answerOnce(routing.tenancy, id, call as unknown as Call<Id>, handle)
    if (repeated) void call.reply.header('idempotency-replayed', 'true')
    return answer === undefined ? call.reply.send() : call.reply.send(answer)
  })
}

/** As `route` for an operation that sends its own answer, for as long as it takes. */
export function streamRoute<Id extends OperationId>(
  routing: Routing,
  id: Id,
  handle: (call: Call<Id>) => Promise<FastifyReply>,
): void {
  addRoute(routing, id, { timed: false }, (call) => handle(call as unknown as Call<Id>))
}

type AnyCall = Omit<Call<OperationId>, 'params' | 'query' | 'body' | 'scope' | 'userId'> &
  ValidRequest & { readonly scope: Scope | undefined; readonly userId: UserId | undefined }

function addRoute(
  { app, tenancy, handlerTimeoutMs }: Routing,
  id: OperationId,
  { timed }: { timed: boolean },
  handle: (call: AnyCall) => Promise<unknown>,
): void {
  const operation: Operation = operations[id]
  const validate = requestValidator(operation)
  app.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
    // A HEAD of a stream would run it for nobody.
    exposeHeadRoute: operation.method === 'GET' && timed,
    ...(timed && { handlerTimeout: handlerTimeoutMs }),
    // Before the body is read: who has no credential can't make the server parse anything.
    onRequest: async (request) => {
      const caller = await callerOf(request, operation, tenancy)
      if (caller) request.caller = caller
    },
    handler: (request, reply) => {
      const { caller } = request
      return handle({
        ...validate(request),
        caller,
        scope: caller?.scope,
        userId: caller?.userId,
        newId: undefined,
        request,
        reply,
      })
    },
  })
}

async function answerOnce<Id extends OperationId>(
  tenancy: Tenancy,
  id: Id,
  call: Call<Id>,
  handle: Handler<Id>,
): Promise<{ answer: unknown; repeated: boolean }> {
  const operation: Operation = operations[id]
  const key = operation.idempotent ? idempotencyKeyOf(call.request) : undefined
  if (key === undefined || !call.caller) return { answer: await handle(call), repeated: false }
  const { caller, params, query, body } = call
  const request = { params, query, body, headers: undefined }
  return onceForKey(tenancy, { id, key, caller, request }, (newId) =>
    handle({ ...call, newId: newId as Call<Id>['newId'] }),
  )
}

const successStatus = ({ responses }: Operation): number => Math.min(...Object.keys(responses).map(Number))

/** `{ id }` when the call has an id for what it makes, else nothing. */
export const withNewId = <T>({ newId }: { readonly newId: T | undefined }): { id?: T } =>
  newId === undefined ? {} : { id: newId }
