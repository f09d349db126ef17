import { type Clock, type ConversationId, KoineError, type Randomness, sleep, type UserId } from '@koine/base'
import { type Operation, tableLimits, type TenantScope } from '@koine/stores-ports'
import { seqKey } from '../records.ts'
import {
  type Change,
  type ChangeHead,
  changeHeadKey,
  changeKey,
  changesOf,
  decodeChange,
  decodeChangeHead,
  decodeTold,
  encodeChange,
  encodeChangeHead,
  encodeTold,
  toldKey,
} from './change-records.ts'

export interface UserChangesOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  /** A user's log holds about so many changes at most; older ones are trimmed. */
  readonly changesMax: number
}

export interface ChangesPage {
  readonly changes: readonly Change[]
  /** Up to where the log was read. */
  readonly position: number
  readonly hasMore: boolean
}

/** Head, then a change and a mark each; what is left of a batch trims. */
const conversationsPerBatch = 30
const trimmedPerBatch = 30
const attemptsMax = 8

/**
 * What has happened to each user's conversations, in one order per user: a log of ranges, from which a device reads what it
 * lacks by one number. It is written behind the conversations, and may be written again: what a user's log was told before
 * isn't told twice.
 */
export class UserChanges {
  readonly #o: UserChangesOptions

  constructor(options: UserChangesOptions) {
    this.#o = options
  }

  /**
   * Tells a user's log that these conversations have messages up to these sequence numbers; 0 where a conversation is new.
   * Safe to repeat, and to do at several places at once.
   * @returns the changes that were new, in order
   */
  async tell(scope: TenantScope, user: UserId, reached: ReadonlyMap<ConversationId, number>): Promise<Change[]> {
    const told: Change[] = []
    const all = [...reached]
    for (let at = 0; at < all.length; at += conversationsPerBatch) {
      told.push(...(await this.#tellSome(scope, user, all.slice(at, at + conversationsPerBatch))))
    }
    return told
  }

  /** @throws KoineError `invalid_request` for a position that isn't there yet; `not_found` for one that was trimmed */
  async since(scope: TenantScope, user: UserId, position: number, limit: number): Promise<ChangesPage> {
    const head = decodeChangeHead(await scope.tables.get(changeHeadKey(user)))
    if (position > head.last) throw new KoineError('invalid_request', 'The cursor is from the future.')
    if (position < head.oldest - 1) throw new KoineError('not_found', 'The changes since then are no longer held.')
    if (position === head.last) return { changes: [], position, hasMore: false }
    const page = await scope.tables.query({ ...changesOf(user), from: seqKey(position + 1), limit })
    const changes = page.records.map(decodeChange)
    const reached = changes.at(-1)?.position ?? position
    // Trimmed between the two reads.
    if (changes.length > 0 && changes[0]!.position !== position + 1) return this.since(scope, user, position, limit)
    return { changes, position: reached, hasMore: reached < head.last }
  }

  async head(scope: TenantScope, user: UserId): Promise<ChangeHead> {
    return decodeChangeHead(await scope.tables.get(changeHeadKey(user)))
  }

  async #tellSome(
    scope: TenantScope,
    user: UserId,
    reached: readonly (readonly [ConversationId, number])[],
  ): Promise<Change[]> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#tryToTell(scope, user, reached).catch((thrown: unknown) =>
        retryLater(thrown, attempt),
      )
      if (outcome) return outcome
      if (attempt === attemptsMax) throw new KoineError('conflict', "A user's changes are being written by others.")
      await sleep(this.#o.clock, 5 * 2 ** (attempt - 1) * (1 - this.#o.randomness.fraction() / 2))
    }
  }

  /** Undefined when somebody else wrote meanwhile. */
  async #tryToTell(
    scope: TenantScope,
    user: UserId,
    reached: readonly (readonly [ConversationId, number])[],
  ): Promise<Change[] | undefined> {
    const headKey = changeHeadKey(user)
    const [headRecord, ...marks] = await scope.tables.getMany([headKey, ...reached.map(([id]) => toldKey(user, id))])
    const head = decodeChangeHead(headRecord)
    const changes = newChanges(reached, marks.map(decodeTold), head.last)
    if (changes.length === 0) return []
    const last = head.last + changes.length
    const oldest = Math.max(head.oldest, Math.min(head.oldest + trimmedPerBatch, last - this.#o.changesMax + 1))
    const nowMs = this.#o.clock.now()
    const operations: Operation[] = [
      {
        put: headKey,
        attributes: encodeChangeHead({ last, oldest }),
        if: headRecord ? { equals: { n: head.last } } : 'absent',
      },
    ]
    for (const change of changes) {
      operations.push({ put: changeKey(user, change.position), attributes: encodeChange(change, nowMs) })
      operations.push({ put: toldKey(user, change.conversationId), attributes: encodeTold(change.to) })
    }
    for (let position = head.oldest; position < oldest; position++)
      operations.push({ delete: changeKey(user, position) })
    const { ok } = await scope.tables.write({ operations })
    return ok ? changes : undefined
  }
}

function newChanges(
  reached: readonly (readonly [ConversationId, number])[],
  told: readonly number[],
  last: number,
): Change[] {
  const changes: Change[] = []
  for (const [at, [conversationId, to]] of reached.entries()) {
    const before = told[at]!
    if (to <= before) continue
    const position = last + changes.length + 1
    changes.push({ position, conversationId, from: Math.max(0, before) + 1, to, isNew: before < 0 })
  }
  return changes
}

/** A write that failed may have happened: reading the marks again tells. */
function retryLater(thrown: unknown, attempt: number): undefined {
  if (thrown instanceof KoineError && thrown.retryable && attempt < attemptsMax) return undefined
  throw thrown
}

/** What one batch holds has to fit. */
export const tellOperationsMax = 1 + 2 * conversationsPerBatch + trimmedPerBatch
if (tellOperationsMax > tableLimits.batchOperations) throw new Error('A batch of changes is too large.')
