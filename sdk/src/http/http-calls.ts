import { type AnswerOf, type OperationId, operations, pathOf, type RequestOf } from '@koine/contract'
import type { Credential } from '../credential.ts'
import { errorOf, noAnswer } from './problem.ts'

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Makes a creating call safe to repeat: the same key and body answer the same thing. */
  readonly idempotencyKey?: string
}

export interface HttpCallsOptions {
  /** Such as `https://koine.example.com`. */
  readonly url: string
  /** Absent for what needs none. */
  readonly credential?: Credential
  /** With an API key: the user on whose behalf to call. */
  readonly actAs?: string
  readonly fetch?: typeof fetch
  /** How long an answer may take; 30 s when not given. */
  readonly timeoutMs?: number
}

/** Calls of the HTTP API, typed by the contract. A failure is a KoineError with the server's code. */
export class HttpCalls {
  readonly #options: HttpCallsOptions
  readonly #base: string
  readonly #fetch: typeof fetch

  constructor(options: HttpCallsOptions) {
    this.#options = options
    this.#base = options.url.replace(/\/+$/, '')
    // Called as a method of another object, a browser's own fetch throws.
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init))
  }

  async call<Id extends OperationId>(id: Id, request: RequestOf<Id>, options: CallOptions = {}): Promise<AnswerOf<Id>> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? 30_000)
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
    const response = await this.open(id, request, { ...options, signal })
    if (response.status === 204) return undefined as AnswerOf<Id>
    return (await response.json().catch((cause: unknown) => {
      throw noAnswer(cause)
    })) as AnswerOf<Id>
  }

  /** The successful response itself, its body unread. A token that is refused is replaced once, where one can be had. */
  async open<Id extends OperationId>(id: Id, request: RequestOf<Id>, options: CallOptions = {}): Promise<Response> {
    const { credential } = this.#options
    const token = await credential?.get()
    const response = await this.#fetchOnce(id, request, options, token)
    if (response.ok) return response
    if (response.status !== 401 || token === undefined || !credential?.replace(token)) throw await errorOf(response)
    await response.body?.cancel()
    const second = await this.#fetchOnce(id, request, options, await credential.get())
    if (!second.ok) throw await errorOf(second)
    return second
  }

  async #fetchOnce<Id extends OperationId>(
    id: Id,
    request: RequestOf<Id>,
    { signal, idempotencyKey }: CallOptions,
    token: string | undefined,
  ): Promise<Response> {
    const { actAs } = this.#options
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(actAs !== undefined && { 'koine-user': actAs }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
    }
    try {
      return await this.#fetch(this.#base + pathOf(id, request as Pick<RequestOf<Id>, 'params' | 'query'>), {
        method: operations[id].method,
        headers,
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        ...(signal && { signal }),
      })
    } catch (cause) {
      throw noAnswer(cause)
    }
  }
}
