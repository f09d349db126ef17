import type { AnswerOf, BodyOf, QueryOf } from '@koine/contract'
import { Credential, type TokenSource } from '../credential.ts'
import { type EventsRequest, followEvents, type StreamedEvent } from './events.ts'
import { type CallOptions, HttpCalls, type HttpCallsOptions } from './http-calls.ts'
import { StreamsApi } from './streams-api.ts'

export interface KoineApiOptions extends Omit<HttpCallsOptions, 'credential'> {
  /** The admin token, an API key as `<id>.<secret>`, or a user token. Absent for what needs none, such as `demo`. */
  readonly token?: TokenSource
}

/**
 * The HTTP API. What is allowed is up to the credential: tenants and keys are the operator's; users, tokens, topics and
 * events an API key's; conversations and the inbox a user's, or an API key's that acts for one (`actAs`). Failures are
 * KoineErrors.
 */
export class KoineApi {
  readonly #calls: HttpCalls
  /** The tenant's Kafka cluster: topics, their records, and who reads them. */
  readonly streams: StreamsApi

  constructor(options: KoineApiOptions | HttpCalls) {
    this.#calls = options instanceof HttpCalls ? options : callsOf(options)
    this.streams = new StreamsApi(this.#calls)
  }

  readonly tenants = {
    create: (tenant: BodyOf<'createTenant'>, options?: CallOptions): Promise<AnswerOf<'createTenant'>> =>
      this.#calls.call('createTenant', { body: tenant }, options),
    list: (query: QueryOf<'listTenants'> = {}): Promise<AnswerOf<'listTenants'>> =>
      this.#calls.call('listTenants', { query }),
    get: (tenantId: string): Promise<AnswerOf<'getTenant'>> => this.#calls.call('getTenant', { params: { tenantId } }),
    suspend: (tenantId: string): Promise<AnswerOf<'suspendTenant'>> =>
      this.#calls.call('suspendTenant', { params: { tenantId } }),
    resume: (tenantId: string): Promise<AnswerOf<'resumeTenant'>> =>
      this.#calls.call('resumeTenant', { params: { tenantId } }),
    /** What its cluster uses of what it may, and where its records are. */
    usage: (tenantId: string): Promise<AnswerOf<'getTenantUsage'>> =>
      this.#calls.call('getTenantUsage', { params: { tenantId } }),
    quotas: {
      /** What holds, and what of it is the tenant's own. */
      get: (tenantId: string): Promise<AnswerOf<'getTenantQuotas'>> =>
        this.#calls.call('getTenantQuotas', { params: { tenantId } }),
      /** What isn't named goes back to what the server gives. */
      set: (tenantId: string, quotas: BodyOf<'setTenantQuotas'>): Promise<AnswerOf<'setTenantQuotas'>> =>
        this.#calls.call('setTenantQuotas', { params: { tenantId }, body: quotas }),
      /** What isn't named stays; null goes back to what the server gives. */
      change: (tenantId: string, quotas: BodyOf<'changeTenantQuotas'>): Promise<AnswerOf<'changeTenantQuotas'>> =>
        this.#calls.call('changeTenantQuotas', { params: { tenantId }, body: quotas }),
    },
    /** With everything in it, for ever. */
    delete: async (tenantId: string): Promise<void> => {
      await this.#calls.call('deleteTenant', { params: { tenantId } })
    },
  }

  readonly node = {
    /** How the server's process does: its disk, what a Kafka client of its own finds, how busy it is. */
    health: (options?: CallOptions): Promise<AnswerOf<'getNodeHealth'>> =>
      this.#calls.call('getNodeHealth', {}, options),
  }

  readonly keys = {
    /** The answer alone has the secret. */
    create: (
      tenantId: string,
      key: BodyOf<'createApiKey'> = {},
      options?: CallOptions,
    ): Promise<AnswerOf<'createApiKey'>> =>
      this.#calls.call('createApiKey', { params: { tenantId }, body: key }, options),
    list: (tenantId: string, query: QueryOf<'listApiKeys'> = {}): Promise<AnswerOf<'listApiKeys'>> =>
      this.#calls.call('listApiKeys', { params: { tenantId }, query }),
    revoke: async (tenantId: string, keyId: string): Promise<void> => {
      await this.#calls.call('revokeApiKey', { params: { tenantId, keyId } })
    },
  }

  readonly users = {
    create: (user: BodyOf<'createUser'>, options?: CallOptions): Promise<AnswerOf<'createUser'>> =>
      this.#calls.call('createUser', { body: user }, options),
    list: (query: QueryOf<'listUsers'> = {}): Promise<AnswerOf<'listUsers'>> =>
      this.#calls.call('listUsers', { query }),
    get: (userId: string): Promise<AnswerOf<'getUser'>> => this.#calls.call('getUser', { params: { userId } }),
    /** For the user's browser or app; an hour when not told. */
    createToken: (userId: string, token: BodyOf<'createUserToken'> = {}): Promise<AnswerOf<'createUserToken'>> =>
      this.#calls.call('createUserToken', { params: { userId }, body: token }),
  }

  readonly conversations = {
    /** A pair has one direct conversation: asking again answers the same one. */
    create: (
      conversation: BodyOf<'createConversation'>,
      options?: CallOptions,
    ): Promise<AnswerOf<'createConversation'>> =>
      this.#calls.call('createConversation', { body: conversation }, options),
    get: (conversationId: string): Promise<AnswerOf<'getConversation'>> =>
      this.#calls.call('getConversation', { params: { conversationId } }),
    /** Ascending by `seq`: after one, before one, or the newest. */
    history: (conversationId: string, query: QueryOf<'listMessages'> = {}): Promise<AnswerOf<'listMessages'>> =>
      this.#calls.call('listMessages', { params: { conversationId }, query }),
    /** Durable once answered. Repeating it with the same clientMessageId and text is safe. */
    send: (conversationId: string, message: BodyOf<'sendMessage'>): Promise<AnswerOf<'sendMessage'>> =>
      this.#calls.call('sendMessage', { params: { conversationId }, body: message }),
    markRead: (conversationId: string, seq: number): Promise<AnswerOf<'markRead'>> =>
      this.#calls.call('markRead', { params: { conversationId }, body: { seq } }),
  }

  /** The latest conversations with what is unread. */
  inbox(query: QueryOf<'getInbox'> = {}): Promise<AnswerOf<'getInbox'>> {
    return this.#calls.call('getInbox', { query })
  }

  /** Whom the credential stands for. */
  me(): Promise<AnswerOf<'getMe'>> {
    return this.#calls.call('getMe', {})
  }

  topics(): Promise<AnswerOf<'listTopics'>> {
    return this.#calls.call('listTopics', {})
  }

  /** Follows the events of a topic, each with the cursor to go on from. See `followEvents`. */
  events(request: EventsRequest): AsyncGenerator<StreamedEvent, void, void> {
    return followEvents(this.#calls, request)
  }

  /** Credentials to try a development server with; `not_found` elsewhere. */
  demo(): Promise<AnswerOf<'getDemo'>> {
    return this.#calls.call('getDemo', {})
  }
}

const callsOf = ({ token, ...options }: KoineApiOptions): HttpCalls =>
  new HttpCalls({ ...options, ...(token !== undefined && { credential: new Credential(token) }) })
