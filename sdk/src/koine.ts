import { KoineError } from '@koine/base/errors'
import { Credential, type TokenSource } from './credential.ts'
import { type Environment, environmentOf } from './environment.ts'
import { HttpCalls } from './http/http-calls.ts'
import { KoineApi } from './http/koine-api.ts'
import { type KoineEvents, Realtime } from './realtime/realtime.ts'
import { defaultRealtimeSettings, type RealtimeSettings } from './realtime/settings.ts'
import type { Status } from './realtime/status.ts'
import type { Message } from './types.ts'

export interface KoineOptions extends Partial<Environment> {
  /** Of the server, such as `https://koine.example.com`. */
  readonly url: string
  /** A user token, or a function that gets one; it is called again when a token expires. */
  readonly token: TokenSource
  /**
   * Which messages `message` tells of. `latest` (when not given): those after the first connection. `earliest`: all.
   * Or where an earlier client had come to, as its `positions()` said.
   */
  readonly since?: 'latest' | 'earliest' | Readonly<Record<string, number>>
  readonly fetch?: typeof fetch
  readonly settings?: Partial<RealtimeSettings>
}

/**
 * A user's client: conversations live over a WebSocket that is kept up, and the HTTP API beside it. Messages are told of
 * once and in order; what is sent is sent once and in order, whatever happens to the connection.
 */
export class Koine {
  /** The HTTP API with the same token. */
  readonly api: KoineApi
  readonly #realtime: Realtime

  constructor({ url, token, since = 'latest', settings, fetch, ...environment }: KoineOptions) {
    const credential = new Credential(token)
    this.api = new KoineApi(new HttpCalls({ url, credential, ...(fetch && { fetch }) }))
    this.#realtime = new Realtime({
      credential,
      url: `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/v1/realtime`,
      environment: environmentOf(environment),
      settings: { ...defaultRealtimeSettings, ...settings },
      startingPositions: () => startingPositions(this.api, since),
    })
  }

  get status(): Status {
    return this.#realtime.status
  }

  /** Returns how to stop listening. */
  on<Name extends keyof KoineEvents>(name: Name, listener: (event: KoineEvents[Name]) => void): () => void {
    return this.#realtime.events.on(name, listener)
  }

  /**
   * Connects, and stays connected until `close`. Resolves when all that was missed is there; rejects when the server
   * refuses for good or the client is closed before.
   */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (status: Status): void => {
        if (status.state === 'online') resolve()
        else if (status.state === 'stopped') reject(status.error)
        else if (status.state === 'idle') reject(closed())
        else return
        stop()
      }
      this.#realtime.start()
      const stop = this.on('status', settle)
      if (this.status.state === 'online') settle(this.status)
    })
  }

  /** Ends the connection and gives up on what was not acknowledged. `connect` starts again. */
  close(): void {
    this.#realtime.stop(closed())
  }

  /**
   * Sends a message; resolves once it is durable. Offline it waits, in order within its conversation. With a
   * `clientMessageId` of your own a send can be repeated even by another client, and is still one message.
   */
  send(
    conversationId: string,
    text: string,
    { clientMessageId = newClientMessageId() }: { readonly clientMessageId?: string } = {},
  ): Promise<Message> {
    if (this.status.state === 'stopped') return Promise.reject(this.status.error)
    return this.#realtime.sends.send(conversationId, clientMessageId, text)
  }

  /** Resolves with the read position that holds, which never goes back. */
  markRead(conversationId: string, seq: number): Promise<number> {
    if (this.status.state === 'stopped') return Promise.reject(this.status.error)
    return this.#realtime.reads.mark(conversationId, seq)
  }

  /** Up to which `seq` messages were told of, by conversation. Keep it to go on from there: see `since`. */
  positions(): Record<string, number> {
    return this.#realtime.deliveries.positions()
  }
}

const closed = (): KoineError => new KoineError('unavailable', 'The client was closed.')

async function startingPositions(
  api: KoineApi,
  since: NonNullable<KoineOptions['since']>,
): Promise<ReadonlyMap<string, number>> {
  if (since === 'earliest') return new Map()
  if (since !== 'latest') return new Map(Object.entries(since))
  const positions = new Map<string, number>()
  let cursor: string | undefined
  do {
    const page = await api.inbox({ limit: 100, ...(cursor !== undefined && { cursor }) })
    for (const { conversation } of page.data) positions.set(conversation.id, conversation.lastSeq)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return positions
}

/** 128 random bits. `crypto.randomUUID` would do, but browsers have it on secure pages only. */
function newClientMessageId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
