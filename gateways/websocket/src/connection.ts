import type { Duplex } from 'node:stream'
import { type ConnectionId, connectionIds, invariant, type TenantId, type Timer, toKoineError } from '@koine/base'
import {
  type ClientFrame,
  closeCodes,
  type CloseReason,
  decodeClientFrame,
  encodeFrame,
  type ServerFrame,
} from '@koine/protocols-realtime'
import { type Change, type ChangeCursor, encodeChangeCursor, type LiveEvent } from '@koine/services-messaging'
import type { Principal } from '@koine/services-tenancy'
import { ChangeFollower } from './change-follower.ts'
import { ConversationLanes } from './conversation-lanes.ts'
import { giveChanges } from './handlers/changes.ts'
import { connect } from './handlers/connect.ts'
import type { Held } from './held-back.ts'
import { LiveInlet } from './live-inlet.ts'
import { Outbound } from './outbound.ts'
import type { Realtime } from './realtime.ts'
import type { RealtimeSocket } from './realtime-socket.ts'
import { Requests } from './requests.ts'
import { Vitals } from './vitals.ts'
import { pingFrame, wireFrame } from './wire-frame.ts'

export type ConnectedUser = Principal & { readonly kind: 'user' }

/**
 * `fresh` waits for the connect frame; `connecting` is being let in; `open` serves; `draining` finishes what it began and
 * hears nothing more; `closing` says nothing more either.
 */
type Phase = 'fresh' | 'connecting' | 'open' | 'draining' | 'closing'

/**
 * The state of one client's connection. What only a busy one needs is made when it is first needed: thousands are idle,
 * and each should weigh little.
 */
export class Connection {
  readonly id: ConnectionId
  readonly realtime: Realtime
  readonly #socket: RealtimeSocket
  readonly live = new LiveInlet()
  readonly #outbound: Outbound
  readonly #vitals: Vitals
  #phase: Phase = 'fresh'
  #user: ConnectedUser | undefined
  #subscription: AsyncDisposable | undefined
  #requests: Requests | undefined
  #lanes: ConversationLanes | undefined
  #cursorTimer: Timer | undefined
  #cursor: ChangeCursor | undefined
  /** Up to where the user's change log was heard of while live events were held back. */
  #heardOf = 0
  /** From the moment on at which the client has everything up to a cursor. */
  followed: ChangeFollower | undefined

  constructor(realtime: Realtime, socket: RealtimeSocket, stream: Duplex) {
    this.id = connectionIds.make(realtime)
    this.realtime = realtime
    this.#socket = socket
    this.#outbound = new Outbound(stream, realtime.writes, realtime.limits.sendBufferBytes)
    this.#vitals = new Vitals(this.#nowMs(), realtime.limits)
  }

  /** Only asked for once it is known. */
  get user(): ConnectedUser {
    invariant(this.#user, 'a connection is asked for its user before it is authenticated')
    return this.#user
  }

  get tenantId(): TenantId | undefined {
    return this.#user?.scope.tenantId
  }

  get lanes(): ConversationLanes {
    return (this.#lanes ??= new ConversationLanes())
  }

  receive(data: Buffer, isBinary: boolean): void {
    this.seen()
    if (this.#phase === 'closing' || this.#phase === 'draining') return
    const frame = isBinary ? undefined : decodeClientFrame(data.toString())
    if (frame && frame.type !== 'problem') return this.#accept(frame)
    this.realtime.instruments.refused()
    if (frame?.ref === undefined || this.#phase !== 'open') return this.close('badFrame')
    this.send({ type: 'error', ref: frame.ref, code: 'invalid_request', message: frame.message, retryable: false })
  }

  #accept(frame: ClientFrame): void {
    this.realtime.instruments.received(frame.type)
    // The connect frame is the first one and no other; nothing follows it before it is answered.
    if (this.#phase !== (frame.type === 'connect' ? 'fresh' : 'open')) return this.close('badFrame')
    if (frame.type === 'ping') return this.send({ type: 'pong' })
    if (frame.type === 'connect') {
      this.#phase = 'connecting'
      void connect(this, frame)
    } else {
      this.#requests ??= new Requests(this, this.realtime.limits.requestsInFlight)
      this.#requests.accept(frame)
    }
  }

  seen(): void {
    this.#vitals.seen(this.#nowMs())
  }

  /** Called in the turn in which the credential was found good: from here on a revocation finds the connection. */
  authenticated(user: ConnectedUser): void {
    this.#user = user
  }

  /** Resolves when live events arrive here. */
  async listen(): Promise<void> {
    const { scope, userId } = this.user
    const subscription = await this.realtime.messaging.subscribe(scope, userId, (event) => this.#hear(event))
    this.#subscription = subscription
    if (this.#phase === 'closing') await this.#unsubscribe()
  }

  opened(): void {
    if (this.#phase !== 'connecting') return
    const { limits, randomness } = this.realtime
    this.#phase = 'open'
    this.#vitals.connected(this.#nowMs(), limits, randomness.fraction())
    this.send({
      type: 'connected',
      userId: this.user.userId,
      connectionId: this.id,
      heartbeatMs: limits.heartbeatMs,
      limits: { frameBytes: limits.frameBytes, textBytes: limits.textBytes },
    })
  }

  #hear(event: LiveEvent): void {
    if (this.#phase === 'closing') return
    if (event.type === 'changes') return this.#hearChanges(event.changes)
    const frame = this.realtime.liveFrames.of(event)
    const verdict = this.live.take(event, frame, this.user.userId)
    if (verdict === 'write') this.#push({ event, frame })
    else if (verdict === 'tooMuch') this.close('slowConsumer')
  }

  /** A catch-up may have read the log already and not have said yet from where on it is followed. */
  #hearChanges(changes: readonly Change[]): void {
    if (!this.live.isHoldingBack) return this.followed?.heard(changes)
    this.#heardOf = Math.max(this.#heardOf, changes.at(-1)?.position ?? 0)
  }

  #push({ event, frame }: Held): void {
    this.write(frame)
    if (event.type === 'message') this.followed?.pushed(event.message.conversationId, event.message.seq)
    else if (event.type === 'conversation') this.followed?.pushed(event.conversation.id, 0)
  }

  /** Live events come through again. @param reached what the client was given meanwhile, by conversation */
  letGo(reached: ReadonlyMap<string, number>): void {
    for (const held of this.live.letGo(reached)) this.#push(held)
    this.followed?.heardOf(this.#heardOf)
  }

  /** The client is behind, and asks on: it is told no cursor before it has caught up. */
  unfollow(): void {
    this.followed?.stop()
    this.followed = undefined
    this.#cursor = undefined
  }

  /** From here on the client gets all that its user's change log names. */
  follow(cursor: ChangeCursor): void {
    this.unfollow()
    this.followed = new ChangeFollower(cursor, {
      give: (from) => giveChanges(this, from),
      onCursor: (reached) => this.#tellCursor(reached),
      onFailure: (thrown) => {
        this.realtime.logger.warn({ err: thrown, connectionId: this.id }, 'changes could not be read')
        this.close('internal')
      },
    })
  }

  /** Now and then, not with each message: all that a client loses with an old cursor is that some comes again. */
  #tellCursor(cursor: ChangeCursor): void {
    this.#cursor = cursor
    this.#cursorTimer ??= this.realtime.clock.after(this.realtime.limits.cursorEveryMs, () => {
      this.#cursorTimer = undefined
      if (this.#phase === 'open' && this.#cursor) this.send({ type: 'cursor', cursor: this.cursorText(this.#cursor) })
    })
  }

  cursorText(cursor: ChangeCursor): string {
    return encodeChangeCursor(this.user.userId, cursor)
  }

  send(frame: ServerFrame): void {
    this.write(wireFrame(encodeFrame(frame)))
  }

  /** Never waits: a client for which too much waits already is closed. */
  write(bytes: Buffer): void {
    if (this.#phase !== 'closing' && !this.#outbound.write(bytes)) this.close('slowConsumer')
  }

  /** Waits until the client has taken what was written: for what is long and can wait. */
  async writePaced(bytes: Buffer): Promise<void> {
    this.write(bytes)
    if (this.#outbound.isBehind && this.#phase !== 'closing') await this.#outbound.flushed()
  }

  refuse(ref: string, thrown: unknown): void {
    const error = toKoineError(thrown)
    if (error.code === 'internal') {
      this.realtime.logger.error({ err: error, connectionId: this.id }, 'a realtime request failed')
    }
    const { code, message, retryable, retryAfterMs } = error
    this.send({ type: 'error', ref, code, message, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) })
  }

  stopReading(): void {
    if (!this.#socket.isPaused) this.#socket.pause()
  }

  readOn(): void {
    if (!this.#socket.isPaused) return
    this.seen()
    this.#socket.resume()
  }

  /**
   * Does what is due.
   * @param nowMs monotonic
   */
  sweep(nowMs: number, wallMs: number): void {
    if (this.#phase === 'closing') return
    const isDue = this.#vitals.isDue(nowMs)
    if (this.#phase === 'fresh' || this.#phase === 'connecting') {
      if (isDue) this.close('authenticationTimeout')
    } else if (wallMs >= this.user.expiresAtMs) this.close('tokenExpired')
    else if (isDue) this.#beat(nowMs)
  }

  #beat(nowMs: number): void {
    // A socket that is not read because of our own limit gives no sign of life.
    if (this.#socket.isPaused) this.seen()
    const reason = this.#vitals.beat(nowMs, this.realtime.limits)
    if (reason) this.close(reason)
    else this.write(pingFrame)
  }

  #nowMs(): number {
    return Math.round(this.realtime.clock.monotonic())
  }

  /** Takes no more requests, answers those at work, then closes with a code that says reconnect. */
  async drain(): Promise<void> {
    if (this.#phase === 'open') this.#phase = 'draining'
    this.#requests?.dropWaiting()
    await this.#requests?.finished()
    this.close('shuttingDown')
  }

  close(reason: CloseReason): void {
    if (this.#phase === 'closing') return
    this.realtime.instruments.closed(reason)
    this.#leave()
    const { code, reason: text } = closeCodes[reason]
    this.#socket.close(code, text)
    // The answer to the close has yet to be read.
    if (this.#socket.isPaused) this.#socket.resume()
  }

  /** The socket failed and closes by itself. */
  failed(error: Error): void {
    this.realtime.logger.debug({ err: error, connectionId: this.id }, 'a realtime connection failed')
    this.#leave()
  }

  /** The socket is closed. */
  gone(): void {
    this.#leave()
    this.realtime.onGone(this)
  }

  terminate(): void {
    this.#leave()
    this.#socket.terminate()
  }

  #leave(): void {
    if (this.#phase === 'closing') return
    this.#phase = 'closing'
    this.#requests?.dropWaiting()
    this.#cursorTimer?.cancel()
    this.followed?.stop()
    void this.#unsubscribe()
  }

  async #unsubscribe(): Promise<void> {
    const subscription = this.#subscription
    this.#subscription = undefined
    try {
      await subscription?.[Symbol.asyncDispose]()
    } catch (thrown) {
      this.realtime.logger.error({ err: thrown, connectionId: this.id }, 'a live subscription could not be ended')
    }
  }
}
