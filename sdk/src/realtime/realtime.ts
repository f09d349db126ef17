import type { ServerFrame } from '@koine/protocols-realtime'
import type { Credential } from '../credential.ts'
import type { Environment } from '../environment.ts'
import type { Conversation, Message, ReadEvent } from '../types.ts'
import { Backoff } from './backoff.ts'
import { Calls } from './calls.ts'
import { CatchUp, heldPositions } from './catch-up.ts'
import { Cursor } from './cursor.ts'
import { Deliveries } from './deliveries.ts'
import { Emitter } from './emitter.ts'
import { Link } from './link.ts'
import { ReadMarks } from './read-marks.ts'
import { Reconnecting } from './reconnecting.ts'
import { SendQueue } from './send-queue.ts'
import type { RealtimeSettings } from './settings.ts'
import { Sleeps } from './sleeps.ts'
import type { Status } from './status.ts'

export interface KoineEvents {
  /** Every message of one's conversations, one's own too: each once, in order within its conversation. */
  readonly message: Message
  /** A conversation that was not known before. */
  readonly conversation: Conversation
  readonly read: ReadEvent
  readonly status: Status
}

export interface RealtimeOptions {
  /** Of the WebSocket. */
  readonly url: string
  readonly credential: Credential
  readonly environment: Environment
  readonly settings: RealtimeSettings
  /** Where each conversation begins for this client; asked before the first connection, until it answers. */
  readonly startingPositions: () => Promise<ReadonlyMap<string, number>>
}

/** The parts of a realtime client, and which frame goes to which of them. */
export class Realtime {
  readonly events = new Emitter<KoineEvents>()
  readonly sends: SendQueue
  readonly reads: ReadMarks
  readonly deliveries: Deliveries
  readonly #options: RealtimeOptions
  readonly #calls = new Calls()
  readonly #sleeps: Sleeps
  readonly #catchUp: CatchUp
  readonly #cursor = new Cursor()
  readonly #backoff: Backoff
  readonly #reconnecting: Reconnecting
  #status: Status = { state: 'idle' }
  #link: Link | undefined
  #lookTimer: { cancel(): void } | undefined
  #knowsStart = false

  constructor(options: RealtimeOptions) {
    this.#options = options
    const { environment, settings, credential } = options
    const calls = this.#calls
    this.#sleeps = new Sleeps(environment)
    this.#backoff = this.#newBackoff()
    const sleep = (delayMs: number): Promise<void> => this.#sleeps.sleep(delayMs)
    this.deliveries = new Deliveries({
      deliver: (message) => this.events.emit('message', message),
      onGap: () => void this.#orStartOver(this.#catchUp.repair()),
      earlyMax: settings.earlyMessagesMax,
    })
    this.#catchUp = new CatchUp({
      calls,
      sleep,
      deliveries: this.deliveries,
      cursor: this.#cursor,
      backoff: this.#newBackoff(),
      gapPatienceMs: settings.gapPatienceMs,
    })
    this.sends = new SendQueue({
      calls,
      sleep,
      backoff: () => this.#newBackoff(),
      sendsMax: settings.queuedSendsMax,
      attemptsMax: settings.sendAttemptsMax,
    })
    this.reads = new ReadMarks(calls)
    this.#reconnecting = new Reconnecting({
      credential,
      sleep,
      backoff: this.#backoff,
      prepare: () => this.#learnStart(),
      connectOnce: (token) => this.#connectOnce(token),
      onStatus: (status) => this.#setStatus(status),
    })
  }

  get status(): Status {
    return this.#status
  }

  start(): void {
    if (this.#status.state === 'idle' || this.#status.state === 'stopped') this.#reconnecting.start()
  }

  /** @param error what everything that waits is given up with */
  stop(error: unknown): void {
    this.#reconnecting.stop()
    this.#link?.close()
    this.#abandon(error)
    this.#setStatus({ state: 'idle' })
    this.#sleeps.wakeAll()
  }

  async #learnStart(): Promise<void> {
    if (this.#knowsStart) return
    for (const [conversationId, seq] of await this.#options.startingPositions()) {
      this.deliveries.know(conversationId, seq)
    }
    this.#knowsStart = true
  }

  #connectOnce(token: string): Promise<number> {
    const { url, environment, settings } = this.#options
    return new Promise((resolve) => {
      this.#link = new Link({
        url,
        environment,
        ...settings,
        connect: { type: 'connect', token, ...this.#cursor.resume(() => heldPositions(this.deliveries)) },
        onFrame: (frame) => this.#receive(frame),
        onEnd: (code) => {
          this.#link = undefined
          this.#calls.close()
          this.#lookTimer?.cancel()
          resolve(code)
        },
      })
    })
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'connected') this.#connected()
    else if (frame.type === 'message' || frame.type === 'sent') this.deliveries.accept(frame.message)
    else if (frame.type === 'conversation') this.#meet(frame.conversation)
    else if (frame.type === 'read') this.#tellRead(frame)
    else if (frame.type === 'cursor') this.#cursor.move(frame.cursor)
    else if (frame.type === 'caughtUp' && frame.ref === undefined) {
      void this.#finishCatchUp(this.#cursor.take(frame) || frame.hasMore)
    }
    this.#calls.settle(frame)
  }

  #connected(): void {
    if (!this.#link) return
    this.#reconnecting.connected()
    this.#calls.open(this.#link)
    this.#setStatus({ state: 'catchingUp' })
    this.sends.resume()
    this.reads.resume()
  }

  async #finishCatchUp(hasMore: boolean): Promise<void> {
    const link = this.#link
    const done = await this.#orStartOver(this.#catchUp.finish(hasMore))
    if (!done || link === undefined || link !== this.#link) return
    this.#backoff.reset()
    this.#setStatus({ state: 'online' })
    this.#lookLater()
  }

  #lookLater(): void {
    const { environment, settings } = this.#options
    const delayMs = settings.lookEveryMs * (0.75 + environment.fraction() / 2)
    this.#lookTimer = environment.after(delayMs, () => {
      void this.#orStartOver(this.#catchUp.look())
      this.#lookLater()
    })
  }

  #meet(conversation: Conversation): void {
    if (this.deliveries.know(conversation.id)) this.events.emit('conversation', conversation)
  }

  #tellRead({ conversationId, userId, seq }: ReadEvent): void {
    this.events.emit('read', { conversationId, userId, seq })
  }

  /** A catch-up that the server refuses leaves no way on but a new connection. */
  async #orStartOver<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch {
      this.#link?.close()
      return undefined
    }
  }

  #setStatus(status: Status): void {
    this.#status = status
    if (status.state === 'stopped') this.#abandon(status.error)
    this.events.emit('status', status)
  }

  #abandon(error: unknown): void {
    this.sends.abandon(error)
    this.reads.abandon(error)
  }

  #newBackoff(): Backoff {
    const { settings, environment } = this.#options
    const { reconnectFirstMs: firstMs, reconnectMaxMs: maxMs } = settings
    return new Backoff({ firstMs, maxMs, fraction: () => environment.fraction() })
  }
}
