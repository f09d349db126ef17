import { type Clock, InvariantBroken, invariant, KoineError, type Logger, type Randomness, sleep } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Message } from './conversation.ts'
import type { Instruments } from './instruments.ts'
import type { KnownConversation } from './known-conversations.ts'
import type { LiveDelivery } from './live-delivery.ts'
import type { PendingSend } from './pending-send.ts'
import { decodeHead, decodeMessage, decodeSeq, headKey, messageKey, sentKey } from './records.ts'
import { headFailed, nameFailed, sendBatch } from './send-batch.ts'

export interface CommitContext {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly live: LiveDelivery
  readonly instruments: Instruments
  readonly attemptsMax: number
}

/**
 * Commits sends of one conversation and settles each of them. Only one commit of a conversation runs at a time in a
 * process; other nodes are met in the batch's conditions.
 *
 * A write that failed without saying whether it happened is never repeated blindly: the names of its sends are read first,
 * and the next try is conditional on those names being absent, so that even a write that takes effect later can't make a
 * message twice.
 */
export class Commit {
  readonly #context: CommitContext
  readonly #scope: TenantScope
  readonly #known: KnownConversation
  #waiting: readonly PendingSend[]
  /** Whether a name may be on record that we don't know of. */
  #inDoubt = false
  /** Whether a write failed without saying that it didn't happen. */
  #unknown = false
  #failure: unknown

  constructor(context: CommitContext, scope: TenantScope, known: KnownConversation, sends: readonly PendingSend[]) {
    this.#context = context
    this.#scope = scope
    this.#known = known
    this.#waiting = sends
  }

  /** Never rejects: failures are the sends' outcomes. */
  async run(): Promise<void> {
    for (let attempt = 1; this.#waiting.length > 0; attempt++) {
      if (attempt > this.#context.attemptsMax) return this.#refuse(this.#givenUp())
      try {
        await this.#attempt()
      } catch (thrown) {
        if (isFinal(thrown)) return this.#refuse(thrown)
        this.#failed(thrown)
        await this.#backOff(attempt)
        continue
      }
      // The first conflict is most often a repeated send or a stale hint, and both are settled by one more try.
      if (attempt > 1 && this.#waiting.length > 0) await this.#backOff(attempt - 1)
    }
  }

  async #attempt(): Promise<void> {
    if (this.#inDoubt) {
      await this.#settleRecorded()
      this.#inDoubt = false
      if (this.#waiting.length === 0) return
    }
    this.#known.lastSeq ??= await this.#readLastSeq()
    const sends = this.#waiting
    const batch = sendBatch(this.#scope, sends, this.#known.lastSeq)
    const startedMs = this.#context.clock.monotonic()
    const result = await this.#scope.tables.write(batch)
    if (result.ok) {
      this.#context.instruments.committed(sends.length, this.#context.clock.monotonic() - startedMs)
      this.#known.lastSeq += sends.length
      this.#waiting = []
      this.#announce(batch.liveEvents)
      for (const [n, send] of sends.entries()) send.accept(batch.messages[n]!)
      return
    }
    this.#context.instruments.retried('conflict')
    if (headFailed(result.failed)) this.#known.lastSeq = undefined
    if (nameFailed(result.failed, sends.length)) this.#inDoubt = true
  }

  /** Settles the sends whose names are on record: made by an earlier try of ours, or by an earlier send. */
  async #settleRecorded(): Promise<void> {
    const { id } = this.#known.facts
    const names = await this.#scope.tables.getMany(this.#waiting.map((send) => sentKey(id, send.name)))
    const seqs = names.flatMap((record) => (record ? [decodeSeq(record)] : []))
    const records = seqs.length > 0 ? await this.#scope.tables.getMany(seqs.map((seq) => messageKey(id, seq))) : []
    const messages = new Map<number, Message>()
    for (const [n, seq] of seqs.entries()) {
      const record = records[n]
      invariant(record, `message ${seq} of ${id} has a name and no record`)
      messages.set(seq, decodeMessage(record))
    }
    const open: PendingSend[] = []
    const own: string[] = []
    const settle: (() => void)[] = []
    for (const [n, send] of this.#waiting.entries()) {
      const record = names[n]
      if (!record) {
        open.push(send)
        continue
      }
      const message = messages.get(decodeSeq(record))!
      if (message.id === send.id) own.push(JSON.stringify({ type: 'message', message }))
      settle.push(() => send.acceptEarlier(message))
    }
    this.#waiting = open
    this.#announce(own)
    for (const answer of settle) answer()
  }

  async #readLastSeq(): Promise<number> {
    const { id } = this.#known.facts
    const record = await this.#scope.tables.get(headKey(id))
    // The hint outlived the tenant: facts are never deleted otherwise.
    if (!record) throw new KoineError('not_found', `There is no conversation ${id}.`)
    return decodeHead(record).lastSeq
  }

  #announce(liveEvents: readonly string[]): void {
    for (const json of liveEvents) this.#context.live.publish(this.#scope, this.#known.channels, json)
  }

  #failed(thrown: unknown): void {
    this.#context.instruments.retried('failure')
    this.#failure = thrown
    // Only this code says for sure that nothing was written.
    if (thrown instanceof KoineError && thrown.code === 'overloaded') return
    this.#inDoubt = true
    this.#unknown = true
    this.#known.lastSeq = undefined
  }

  #refuse(error: unknown): void {
    const { id } = this.#known.facts
    const about = { err: error, tenant: this.#scope.tenantId, conversation: id, sends: this.#waiting.length }
    this.#context.logger.warn(about, 'Sends could not be stored')
    this.#known.lastSeq = undefined
    for (const send of this.#waiting) send.refuse(error)
    this.#waiting = []
  }

  #givenUp(): KoineError {
    if (this.#failure === undefined) {
      return new KoineError('conflict', 'Too many nodes write to this conversation at once; try again.', {
        retryAfterMs: 100,
      })
    }
    if (!this.#unknown) {
      return new KoineError('overloaded', 'The tables are at their limit; try again.', {
        cause: this.#failure,
        retryAfterMs: 250,
      })
    }
    return new KoineError(
      'timeout',
      'It is unknown whether the message was stored; send it again with the same clientMessageId.',
      { cause: this.#failure, retryAfterMs: 1000 },
    )
  }

  /** 5, 10, 20 … ms, with up to half of it taken off by chance. */
  #backOff(attempt: number): Promise<void> {
    const { clock, randomness } = this.#context
    return sleep(clock, 5 * 2 ** (attempt - 1) * (1 - randomness.fraction() / 2))
  }
}

/** Trying again would not help: a bug, or a batch that the tables refuse. */
const isFinal = (thrown: unknown): boolean =>
  thrown instanceof InvariantBroken || (thrown instanceof KoineError && !thrown.retryable && thrown.code !== 'internal')
