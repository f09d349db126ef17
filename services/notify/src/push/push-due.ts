import type { Clock, UserId } from '@koine/base'
import { tableLimits, type TenantScope } from '@koine/stores-ports'
import type { Conversations, MessageFacts } from '../conversations.ts'
import type { NotifyLimits } from '../limits.ts'
import type { Device } from './device.ts'
import type { Devices } from './devices.ts'
import type { PushCredentials } from './push-credentials.ts'
import { type DueJob, enqueueDue, enqueueSend } from './push-jobs.ts'
import { type PushMessage, preview, previewCharactersMax, titleCharactersMax } from './push-message.ts'
import { positionsOf, raisePosition } from './push-positions.ts'

interface PushDueOptions {
  readonly clock: Clock
  readonly conversations: Conversations
  readonly devices: Devices
  readonly credentials: PushCredentials
  readonly limits: NotifyLimits
}

/** A recipient with devices, whom no push has told of the message yet. */
interface Candidate {
  readonly user: UserId
  readonly devices: readonly Device[]
}

const recipientsAtOnce = tableLimits.getManyKeys

/** Decides who is sent a push: whoever hasn't acknowledged a message on any device when its grace time is over. */
export class PushDue {
  readonly #o: PushDueOptions

  constructor(options: PushDueOptions) {
    this.#o = options
  }

  /** Starts the grace time of a message. Resolves once that is durable; doing it again changes nothing. */
  async expect(scope: TenantScope, message: MessageFacts): Promise<void> {
    const { clock, credentials, limits } = this.#o
    const ageMs = clock.now() - Date.parse(message.sentAt)
    if (ageMs > limits.pushLifeMs || !(await credentials.has(scope))) return
    const facts = { ...message, text: preview(message.text) }
    await enqueueDue(scope, { message: facts }, Math.max(0, Math.min(limits.graceMs, limits.graceMs - ageMs)))
  }

  /** Sees to one page of recipients, and makes a job for the next. */
  async run(scope: TenantScope, { message, after }: DueJob): Promise<void> {
    if (this.#expiresAtMs(message) <= this.#o.clock.now()) return
    const page = { after, limit: recipientsAtOnce }
    const recipients = await this.#o.conversations.recipients(scope, message, page)
    const candidates = await this.#candidates(scope, recipients, message)
    const [first] = candidates
    if (first) await this.#tell(scope, candidates, await this.#newest(scope, first.user, message))
    const last = recipients.at(-1)
    if (last !== undefined && recipients.length >= recipientsAtOnce)
      await enqueueDue(scope, { message, after: last }, 0)
  }

  async #candidates(scope: TenantScope, users: readonly UserId[], message: MessageFacts): Promise<Candidate[]> {
    const { conversations, devices } = this.#o
    const held = await devices.ofMany(scope, users)
    const reachable = users
      .map((user, index): Candidate => ({ user, devices: held[index]! }))
      .filter(({ user, devices }) => devices.length > 0 && user !== message.senderId)
    if (reachable.length === 0) return []
    const { conversationId, seq } = message
    const told = await positionsOf(
      scope,
      reachable.map(({ user }) => user),
      conversationId,
    )
    const untold = reachable.filter((_, index) => told[index]! < seq)
    const seen = await Promise.all(
      untold.map(({ user }) => conversations.acknowledged(scope, user, conversationId, seq)),
    )
    return untold.filter((_, index) => !seen[index])
  }

  /** The push tells of the newest message, so that a burst is one push. */
  async #newest(scope: TenantScope, reader: UserId, message: MessageFacts): Promise<MessageFacts> {
    const newest = await this.#o.conversations.newestMessage(scope, reader, message.conversationId)
    return newest && newest.seq > message.seq ? newest : message
  }

  async #tell(scope: TenantScope, candidates: readonly Candidate[], message: MessageFacts): Promise<void> {
    const name = await this.#o.conversations.userName(scope, message.senderId)
    const push: PushMessage = {
      conversationId: message.conversationId,
      messageId: message.id,
      seq: message.seq,
      senderId: message.senderId,
      sentAt: message.sentAt,
      title: preview(name ?? '', titleCharactersMax),
      body: preview(message.text, previewCharactersMax),
      expiresAtMs: this.#expiresAtMs(message),
    }
    // Who sent the newest one has been there.
    for (const { user, devices } of candidates.filter(({ user }) => user !== message.senderId)) {
      for (const { id } of devices) await enqueueSend(scope, { user, device: id, message: push, tries: 0 }, 0)
      const { conversationId: conversation, seq } = message
      await raisePosition(scope, { user, conversation, seq, nowMs: this.#o.clock.now() })
    }
  }

  #expiresAtMs(message: MessageFacts): number {
    return Date.parse(message.sentAt) + this.#o.limits.pushLifeMs
  }
}
