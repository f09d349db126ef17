import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type Clock, KoineError, type Logger, type Metrics, sleep, toKoineError } from '@koine/base'
import type { Revoked, Tenancy } from '@koine/services-tenancy'
import type { FastifyReply } from 'fastify'
import type { Caller } from './caller.ts'
import type { HttpLimits, Scope } from './options.ts'
import { problemOf } from './problems.ts'
import type { Call } from './routing.ts'

interface Parts {
  readonly tenancy: Tenancy
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits: HttpLimits
}

export interface StreamedEvent {
  /** Where to go on from: the event's `id`. */
  readonly cursor: string
  readonly body: string
}

interface OpenStream {
  readonly scope: Scope
  readonly caller: Caller
  /** Aborted with a KoineError to tell the client why, or with anything else to end without a word. */
  readonly abort: AbortController
}

/** How long an error of the first step may take to still become an answer rather than an event. */
const firstStepMs = 50

/** Server-sent events, one response each, read only as fast as the client takes them. */
export class EventStreams {
  readonly #parts: Parts
  readonly #open = new Map<OpenStream, Promise<void>>()
  readonly #revocations: Disposable
  #draining = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#revocations = parts.tenancy.onRevoked((what) => this.#endRevoked(what))
    parts.metrics.gauge({
      name: 'koine_http_event_streams',
      help: 'Event streams (SSE) that are open.',
      collect: () => this.#open.size,
    })
  }

  /** Streams until the client leaves, its credential ends, the server drains, or reading fails. */
  async serve(
    { scope, caller, request, reply }: Pick<Call<'streamEvents'>, 'scope' | 'caller' | 'request' | 'reply'>,
    open: (lastEventId: string | undefined, signal: AbortSignal) => AsyncIterable<StreamedEvent>,
  ): Promise<FastifyReply> {
    this.#refuseTooMany(scope)
    const stream: OpenStream = { scope, caller: caller!, abort: new AbortController() }
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    this.#open.set(stream, ended)
    reply.raw.once('close', () => stream.abort.abort())
    try {
      // Asked again now that a revocation would find the stream: none falls between the two.
      await this.#parts.tenancy.authenticateBearer(stream.caller.bearer)
      const events = open(request.headers['last-event-id'] as string | undefined, stream.abort.signal)
      await this.#stream(stream, events[Symbol.asyncIterator](), reply)
    } finally {
      stream.abort.abort()
      this.#open.delete(stream)
      end()
    }
    return reply
  }

  /** Ends every stream; clients come back with their cursor. */
  async drain(): Promise<void> {
    this.#draining = true
    this.#revocations[Symbol.dispose]()
    const all = [...this.#open]
    for (const [stream] of all) stream.abort.abort()
    await Promise.all(all.map(([, ended]) => ended))
  }

  #refuseTooMany(scope: Scope): void {
    const { eventStreams, eventStreamsPerTenant } = this.#parts.limits
    if (this.#draining) throw new KoineError('unavailable', 'The server is shutting down; reconnect.')
    let ofTenant = 0
    for (const [open] of this.#open) if (open.scope.tenantId === scope.tenantId) ofTenant++
    if (this.#open.size >= eventStreams || ofTenant >= eventStreamsPerTenant) {
      throw new KoineError('overloaded', 'Too many event streams are open; close some.', { retryAfterMs: 5000 })
    }
  }

  async #stream(
    { abort, caller }: OpenStream,
    events: AsyncIterator<StreamedEvent>,
    reply: FastifyReply,
  ): Promise<void> {
    const { clock, limits } = this.#parts
    const first = events.next()
    // Its failure is seen below; without this, one that comes while the head is written would be unhandled.
    first.catch(() => {})
    await Promise.race([first, sleep(clock, firstStepMs)])
    reply.hijack()
    const response = reply.raw
    const writer = new EventWriter(response, { clock, stallMs: limits.eventStallMs, signal: abort.signal })
    writer.start(reply.getHeaders())
    const heartbeat = this.#heartbeat(writer, caller, abort)
    try {
      for (let step = await first; !step.done && !abort.signal.aborted; step = await events.next()) {
        await writer.event(step.value.cursor, step.value.body)
      }
    } catch (thrown) {
      abort.abort(abort.signal.aborted ? undefined : this.#reported(thrown))
    } finally {
      heartbeat[Symbol.dispose]()
      await events.return?.()
      writer.end(abort.signal.reason)
    }
  }

  /** Keeps proxies from taking an idle stream for a dead one, and asks whether the credential still holds. */
  #heartbeat(writer: EventWriter, caller: Caller, abort: AbortController): Disposable {
    const { clock, limits, tenancy } = this.#parts
    const { principal } = caller
    const endsAtMs = principal.kind === 'operator' ? Infinity : principal.expiresAtMs
    // Also when the credential ends, which is then found out at once.
    const nextBeatMs = (): number => Math.max(1, Math.min(limits.eventHeartbeatMs, endsAtMs - clock.now()))
    const beat = (): void => {
      writer.comment('still here')
      timer = clock.after(nextBeatMs(), beat)
      tenancy.authenticateBearer(caller.bearer).catch((error: unknown) => {
        // A store that is away for a moment says nothing about the credential.
        if (error instanceof KoineError && !error.retryable && error.code !== 'internal') abort.abort(error)
      })
    }
    let timer = clock.after(nextBeatMs(), beat)
    return { [Symbol.dispose]: () => timer.cancel() }
  }

  #reported(thrown: unknown): KoineError {
    const error = toKoineError(thrown)
    if (error.code === 'internal') this.#parts.logger.error({ err: error.cause ?? error }, 'an event stream failed')
    return error
  }

  #endRevoked({ tenantId, keyId }: Revoked): void {
    for (const [{ scope, caller, abort }] of this.#open) {
      const { principal } = caller
      const ofKey = keyId === undefined || (principal.kind === 'api-key' && principal.keyId === keyId)
      if (scope.tenantId === tenantId && ofKey) {
        abort.abort(new KoineError('unauthenticated', 'The credential of this stream no longer holds.'))
      }
    }
  }
}

/** Writes the event-stream format (HTML, section 9.2) and waits for a client that reads slowly, but not for ever. */
class EventWriter {
  readonly #response: ServerResponse
  readonly #options: { readonly clock: Clock; readonly stallMs: number; readonly signal: AbortSignal }

  constructor(response: ServerResponse, options: { clock: Clock; stallMs: number; signal: AbortSignal }) {
    this.#response = response
    this.#options = options
  }

  start(headers: Record<string, number | string | string[] | undefined>): void {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.#response.setHeader(name, value)
    this.#response.setHeader('content-type', 'text/event-stream; charset=utf-8')
    this.#response.setHeader('cache-control', 'no-store')
    // Asks nginx not to gather the events.
    this.#response.setHeader('x-accel-buffering', 'no')
    this.#response.writeHead(200)
    this.#response.write(': the stream is open\n\n')
  }

  async event(id: string, data: string): Promise<void> {
    if (this.#response.write(`id: ${id}\n${dataLines(data)}\n`)) return
    const { clock, stallMs, signal } = this.#options
    const stalled = clock.after(stallMs, () => this.#response.destroy())
    try {
      await once(this.#response, 'drain', { signal })
    } finally {
      stalled.cancel()
    }
  }

  /** Left out while the client isn't reading: nothing piles up. */
  comment(text: string): void {
    if (!this.#response.writableNeedDrain && !this.#response.writableEnded) this.#response.write(`: ${text}\n\n`)
  }

  end(reason: unknown): void {
    if (this.#response.destroyed) return
    // A client that doesn't read can't be told, and mustn't be waited for.
    if (this.#response.writableNeedDrain) this.#response.destroy()
    else if (reason instanceof KoineError) {
      this.#response.end(`event: error\n${dataLines(JSON.stringify(problemOf(reason)))}\n`)
    } else this.#response.end()
  }
}

const dataLines = (data: string): string =>
  data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')
