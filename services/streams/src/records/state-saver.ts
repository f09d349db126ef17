import { type Clock, KoineError, type Logger } from '@koine/base'
import type { TenantTables } from '@koine/stores-ports'
import type { PartitionState } from './partition-state.ts'
import { encodeState } from './state-format.ts'
import { abortedPerSave, forgetAborted, type PartitionId, saveState } from './state-store.ts'

/** When a partition's state is kept. What came after is found again by reading the log from there. */
export interface SavePolicy {
  readonly everyBytes: number
  readonly everyBatches: number
  /** Aborted transactions that aren't kept in tables yet; beyond, whoever aborts another waits for that. */
  readonly abortedUnsavedMax: number
  /** Those in memory beside, for readers near the end. */
  readonly abortedHeld: number
}

export const defaultSavePolicy: SavePolicy = {
  everyBytes: 16 * 1024 * 1024,
  everyBatches: 10_000,
  abortedUnsavedMax: 10_000,
  abortedHeld: 1_000,
}

export interface StateSaverOptions {
  readonly tables: TenantTables
  readonly id: PartitionId
  readonly state: PartitionState
  /** Up to where the state is kept already. */
  readonly savedTo: number
  readonly policy: SavePolicy
  readonly clock: Clock
  readonly logger: Logger
  /** Where the partition starts now. */
  readonly startOffset: () => number
}

/** Keeps the state of one partition in tables, beside its appends: one save at a time. */
export class StateSaver {
  readonly #options: StateSaverOptions
  #savedTo: number
  #saving: Promise<void> | undefined
  #unsavedBytes = 0
  #unsavedBatches = 0
  #forgottenTo = 0
  /** Begins no saves. */
  isStopped = false

  constructor(options: StateSaverOptions) {
    this.#options = options
    this.#savedTo = options.savedTo
  }

  get isSaving(): boolean {
    return this.#saving !== undefined
  }

  /** Reading the log from here gives what isn't kept. */
  get savedTo(): number {
    return this.#savedTo
  }

  /** Notes a batch that was applied. */
  applied(bytes: number): void {
    this.#unsavedBytes += bytes
    this.#unsavedBatches++
    const { everyBytes, everyBatches } = this.#options.policy
    if (this.#unsavedBytes < everyBytes && this.#unsavedBatches < everyBatches) return
    // Counted anew also when it fails: the next try comes when as much has come again.
    this.#unsavedBytes = 0
    this.#unsavedBatches = 0
    if (this.#saving || this.isStopped) return
    this.#save().catch((error: unknown) => {
      const { logger, id } = this.#options
      logger.warn({ err: error, ...id }, 'What a partition knows of its producers was not kept; the log has it')
    })
  }

  /** Keeps what must not become more. */
  async makeRoom(): Promise<void> {
    const { state, policy } = this.#options
    if (state.aborted.countSince(this.#savedTo) >= policy.abortedUnsavedMax) await this.saveAll()
  }

  /** Keeps the state as it is now. */
  async saveAll(): Promise<void> {
    const wanted = this.#options.state.appliedTo
    while (this.#savedTo < wanted && !this.isStopped) await (this.#saving ?? this.#save())
  }

  /** Resolves when no save is under way. */
  async whenDone(): Promise<void> {
    await this.#saving?.catch(() => {}) // Whoever asked for it hears of the failure.
  }

  async #save(): Promise<void> {
    this.#saving = this.#saveNow()
    try {
      await this.#saving
    } finally {
      this.#saving = undefined
    }
  }

  async #saveNow(): Promise<void> {
    const { tables, id, state, policy, clock } = this.#options
    const aborted = state.aborted.since(this.#savedTo)
    if (aborted.length > abortedPerSave) {
      throw new KoineError(
        'unavailable',
        'More transactions were aborted than can be kept at once; read the log again.',
      )
    }
    const saved = state.saved(clock.now())
    await saveState(tables, id, { state: encodeState(saved), aborted })
    this.#savedTo = saved.appliedTo
    state.aborted.trim(saved.appliedTo, policy.abortedHeld)
    await this.#forgetAborted()
  }

  async #forgetAborted(): Promise<void> {
    const { tables, id, startOffset } = this.#options
    const before = startOffset()
    if (before <= this.#forgottenTo) return
    await forgetAborted(tables, id, before)
    this.#forgottenTo = before
  }
}
