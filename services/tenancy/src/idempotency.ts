import { createHash } from 'node:crypto'
import { type Clock, errorTable, KoineError, type Logger, sleep, type TenantId } from '@koine/base'
import type { RecordKey, TableRecord, Tables, TenantTables } from '@koine/stores-ports'
import { openSealed, seal } from './sealed-answers.ts'

export interface IdempotentCall {
  /** Whose tables remember the call; undefined for the operator's own calls. */
  readonly tenantId: TenantId | undefined
  /** Who calls: another caller's equal key is another key. */
  readonly principal: string
  readonly operation: string
  /** The client's `Idempotency-Key`. */
  readonly key: string
  /** Everything that makes it this request and not another, as text. */
  readonly request: string
  /** When given, the remembered answer is sealed under it: for answers that hold a secret. */
  readonly sealUnder?: string
}

export interface IdempotentRun<T> {
  /** An id for what the call makes. It is the same in each try, so that a try after a crash finds what an earlier one made. */
  readonly makeId: () => string
  readonly run: (id: string) => Promise<T>
}

/** The version of its record says whether a claim is still held by the run that made it. */
interface Claim {
  readonly id: string
  readonly version: number
}

const keptMs = 24 * 3600 * 1000
/** A call that has shown no end for so long is taken to have died with its process. Longer than any call may run. */
const leaseMs = 60_000
const waitMs = { step: 25, longest: 2_000 } as const

/**
 * Makes a call that is sent more than once happen once, for 24 hours.
 *
 * The first call claims `(principal, operation, key)` by a conditional put, together with the id of what it is about to
 * make; then it has its effect; then it stores the answer; then it answers. A repeat with the answer stored gets that
 * answer. A repeat that meets a running call waits for a moment, then is told to come back (`conflict`).
 *
 * **The crash window.** A process that dies between effect and stored answer leaves a claim without an answer. When its
 * lease is over a repeat takes the claim over and runs with the *same id*: what is made under its id by a put-if-absent
 * (a tenant, a user) is then found as it was made, and an API key keeps its id and gets a new secret, as the first one was
 * never told to anybody. What can't be made under a given id, and isn't idempotent in another way, may be made twice
 * when a process dies in that window, and only then. A call that ended in an error with no effect gives its claim back;
 * one whose outcome is unknown leaves it for the repeat to finish.
 */
export class IdempotentCalls {
  readonly #parts: { readonly tables: Tables; readonly clock: Clock; readonly logger: Logger }

  constructor(parts: { readonly tables: Tables; readonly clock: Clock; readonly logger: Logger }) {
    this.#parts = parts
  }

  /** The answer, new or remembered. It must survive JSON. */
  async once<T>(call: IdempotentCall, { makeId, run }: IdempotentRun<T>): Promise<{ answer: T; repeated: boolean }> {
    const claim = await this.#claim(call, makeId)
    if ('answer' in claim) return { answer: claim.answer as T, repeated: true }
    const answer = await this.#runClaimed(call, claim, run)
    await this.#remember(call, claim, answer)
    return { answer, repeated: false }
  }

  async #claim(call: IdempotentCall, makeId: () => string): Promise<Claim | { answer: unknown }> {
    const { clock } = this.#parts
    const giveUpAtMs = clock.monotonic() + waitMs.longest
    for (;;) {
      const id = makeId()
      if (await this.#putClaim(call, id, 'absent')) return { id, version: 1 }
      const record = await this.#tablesOf(call).get(recordOf(call))
      if (!record) continue
      refuseOtherRequest(call, record)
      if (record.attributes.answer !== undefined) return { answer: answerOf(call, record) }
      if ((record.attributes.leaseEndsAtMs as number) <= clock.now()) {
        const heldId = record.attributes.id as string
        const { version } = record
        if (await this.#putClaim(call, heldId, { version })) return { id: heldId, version: version + 1 }
        continue
      }
      if (clock.monotonic() >= giveUpAtMs) throw stillRunning()
      await sleep(clock, waitMs.step)
    }
  }

  async #putClaim(call: IdempotentCall, id: string, condition: 'absent' | { version: number }): Promise<boolean> {
    const now = this.#parts.clock.now()
    const written = await this.#tablesOf(call).write({
      operations: [
        {
          put: recordOf(call),
          attributes: { requestHash: hashOfRequest(call), id, leaseEndsAtMs: now + leaseMs },
          expiresAtMs: now + keptMs,
          if: condition,
        },
      ],
    })
    return written.ok
  }

  async #runClaimed<T>(call: IdempotentCall, claim: Claim, run: (id: string) => Promise<T>): Promise<T> {
    try {
      return await run(claim.id)
    } catch (error) {
      await this.#giveBack(call, claim, error).catch((cause: unknown) =>
        // The claim then holds until its lease is over; the call's own error is what the caller needs to hear.
        this.#parts.logger.warn(
          { err: cause, operation: call.operation },
          'an idempotency claim could not be released',
        ),
      )
      throw error
    }
  }

  async #giveBack(call: IdempotentCall, { version }: Claim, error: unknown): Promise<void> {
    const hadNoEffect = error instanceof KoineError && errorTable[error.code].http < 500
    await this.#tablesOf(call).write({
      operations: [
        hadNoEffect
          ? { delete: recordOf(call), if: { version } }
          : { update: recordOf(call), set: { leaseEndsAtMs: 0 }, if: { version } },
      ],
    })
  }

  async #remember(call: IdempotentCall, { version }: Claim, answer: unknown): Promise<void> {
    const text = JSON.stringify(answer)
    await this.#tablesOf(call).write({
      operations: [
        {
          update: recordOf(call),
          set: { answer: call.sealUnder === undefined ? text : seal(text, call.sealUnder) },
          if: { version },
        },
      ],
    })
  }

  #tablesOf(call: IdempotentCall): TenantTables {
    return call.tenantId === undefined ? this.#parts.tables.control : this.#parts.tables.forTenant(call.tenantId)
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

// Hashed, so that a key of any length and alphabet fits; the separator can't be part of the three.
const recordOf = ({ principal, operation, key }: IdempotentCall): RecordKey => ({
  table: 'idempotent-calls',
  pk: sha256(`${principal}\n${operation}\n${key}`),
  sk: '',
})

const hashOfRequest = (call: IdempotentCall): string => sha256(call.request)

function refuseOtherRequest(call: IdempotentCall, record: TableRecord): void {
  if (record.attributes.requestHash === hashOfRequest(call)) return
  throw new KoineError(
    'idempotency_key_reused',
    'This Idempotency-Key was used with another request within 24 hours; use a new key for a new request.',
  )
}

function answerOf(call: IdempotentCall, record: TableRecord): unknown {
  const held = record.attributes.answer
  if (typeof held === 'string') return JSON.parse(held)
  const text = call.sealUnder === undefined ? undefined : openSealed(held as Uint8Array, call.sealUnder)
  if (text !== undefined) return JSON.parse(text)
  throw new KoineError('already_exists', 'The call was made before, and its answer holds a secret that is shown once.')
}

const stillRunning = (): KoineError =>
  new KoineError('conflict', 'The same call is still running; repeat it later for its answer.', { retryAfterMs: 1000 })
