import type { StreamsClient } from './streams-port.ts'

/**
 * What the console needs from its client: the seam between the pages and `@koine/sdk`. Pages and panes know only these
 * shapes; `connect.ts` beside this file is the one place that knows the SDK.
 */
export interface Message {
  readonly id: string
  readonly conversationId: string
  /** 1 for the first message of a conversation, then without gaps. */
  readonly seq: number
  readonly senderId: string
  readonly clientMessageId: string
  readonly text: string
  /** ISO 8601. */
  readonly sentAt: string
}

export interface User {
  readonly id: string
  readonly name: string
}

interface Page<T> {
  readonly data: readonly T[]
  readonly nextCursor?: string | undefined
}

export type ConnectionStatus = 'connecting' | 'live' | 'reconnecting' | 'closed'

/** Someone has read a conversation up to `seq`. */
export interface ReadEvent {
  readonly conversationId: string
  readonly userId: string
  readonly seq: number
}

/** With `after`: the first messages after it. With `before`: the last before it. With neither: the newest. */
export interface HistoryRange {
  readonly before?: number
  readonly after?: number
  readonly limit: number
}

/** One user's connection. A message is delivered live at least once; the timeline keeps each one once. */
export interface ChatClient {
  readonly status: ConnectionStatus
  /** While the status is `closed`: why the server doesn't let this client in. */
  readonly closedBy: unknown
  /** Asks to be let in again after `closed`; in every other state nothing happens. */
  reconnect(): void
  /** Each of the three returns what ends the subscription. */
  onMessage(listener: (message: Message) => void): () => void
  onRead(listener: (read: ReadEvent) => void): () => void
  onStatus(listener: (status: ConnectionStatus) => void): () => void
  /** Settles when the message is durable or refused; while offline it waits. A repeated id is the same message. */
  send(message: { conversationId: string; clientMessageId: string; text: string }): Promise<Message>
  /** Ascending by seq. */
  history(conversationId: string, range: HistoryRange): Promise<{ messages: readonly Message[]; hasMore: boolean }>
  markRead(conversationId: string, seq: number): Promise<void>
  /** The seq up to which this user has read the conversation; 0 when it has read nothing. */
  readPosition(conversationId: string): Promise<number>
  close(): void
}

/** A CloudEvent of the tenant's stream with its place in the topic. */
export interface StreamEvent {
  readonly cursor: string
  readonly event: Readonly<Record<string, unknown>>
}

export interface EventsClient {
  /** Reads until the signal is aborted, reconnecting by itself; rejects only when trying again is of no use. */
  follow(options: {
    signal: AbortSignal
    onEvent: (event: StreamEvent) => void
    onStatus: (status: ConnectionStatus) => void
  }): Promise<void>
}

/** What an API key may do. */
export interface TenantClient {
  /** The name of the tenant that the key belongs to; rejects when the key isn't valid. */
  tenantName(): Promise<string>
  users(cursor?: string): Promise<Page<User>>
  createUser(name: string): Promise<User>
  mintToken(userId: string): Promise<{ token: string; expiresAt: string }>
  /** The one direct conversation of two users, made when it is not there yet. */
  openDirect(members: readonly [string, string]): Promise<{ id: string }>
}

export interface Demo {
  readonly tenant: { readonly id: string; readonly name: string }
  readonly apiKey: { readonly id: string; readonly secret: string }
  readonly users: readonly (User & { readonly token: string; readonly expiresAt: string })[]
  readonly conversationId: string
}

/** All doors to the server. */
export interface Backend {
  /** Undefined when the server doesn't offer a demo: it does so in development mode only, on a loopback address. */
  demo(): Promise<Demo | undefined>
  tenant(apiKey: string): TenantClient
  events(apiKey: string): EventsClient
  streams(apiKey: string): StreamsClient
  /** @param token asked for at each connection, so that one that is about to expire can be replaced */
  chat(token: () => Promise<string>): ChatClient
}
