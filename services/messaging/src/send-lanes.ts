import type { TenantScope } from '@koine/stores-ports'
import { KoineError } from '@koine/base'
import { Commit, type CommitContext } from './committing.ts'
import type { Message } from './conversation.ts'
import type { KnownConversation } from './known-conversations.ts'
import type { PendingSend } from './pending-send.ts'
import { sendsThatFit } from './send-batch.ts'

/**
 * The sends of each conversation, one commit at a time. Sends that arrive while a commit is on its way share the next
 * one, so a busy conversation needs fewer writes per message and no order has to be mended. Conversations go side by side.
 */
export class SendLanes {
  readonly #lanes = new Map<string, Lane>()
  readonly #context: CommitContext
  readonly #waitingMax: number

  constructor(context: CommitContext, waitingMax: number) {
    this.#context = context
    this.#waitingMax = waitingMax
  }

  /** The message, once durable. A second send of the same name waits for the one on its way. */
  async send(scope: TenantScope, known: KnownConversation, send: PendingSend): Promise<Message> {
    for (;;) {
      const lane = this.#lane(scope, known)
      const first = lane.onTheWay.get(send.name)
      if (!first) return this.#enqueue(lane, send)
      // A failure of the first decides only about itself: after it, this one goes on its own.
      const message = await first.outcome.catch(() => undefined)
      if (message) {
        send.acceptEarlier(message)
        return send.outcome
      }
      // The others of its commit may still be waiting: nobody is to meet it again.
      forget(lane, first)
    }
  }

  #enqueue(lane: Lane, send: PendingSend): Promise<Message> {
    if (lane.onTheWay.size >= this.#waitingMax) {
      throw new KoineError('overloaded', 'Too many messages of this conversation wait to be stored.', {
        retryAfterMs: 250,
      })
    }
    lane.onTheWay.set(send.name, send)
    lane.waiting.push(send)
    if (!lane.running) {
      lane.running = true
      // After this turn's other sends, so that they share the commit.
      void Promise.resolve(lane).then(this.#run)
    }
    return send.outcome
  }

  #lane(scope: TenantScope, known: KnownConversation): Lane {
    const name = `${scope.tenantId}/${known.facts.id}`
    const met = this.#lanes.get(name)
    if (met) return met
    const lane = { name, scope, known, waiting: [], onTheWay: new Map(), running: false }
    this.#lanes.set(name, lane)
    return lane
  }

  readonly #run = async (lane: Lane): Promise<void> => {
    while (lane.waiting.length > 0) {
      const sends = lane.waiting.splice(0, sendsThatFit(lane.waiting))
      await new Commit(this.#context, lane.scope, lane.known, sends).run()
      for (const send of sends) forget(lane, send)
    }
    lane.running = false
    this.#lanes.delete(lane.name)
  }
}

interface Lane {
  readonly name: string
  readonly scope: TenantScope
  readonly known: KnownConversation
  readonly waiting: PendingSend[]
  readonly onTheWay: Map<string, PendingSend>
  running: boolean
}

/** Unless a later send of the name has taken its place. */
function forget({ onTheWay }: Lane, send: PendingSend): void {
  if (onTheWay.get(send.name) === send) onTheWay.delete(send.name)
}
