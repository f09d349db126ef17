import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, KoineError } from '@koine/base'
import {
  applyOperation,
  type CheckedBatch,
  conditionHolds,
  decodeCursor,
  encodeCursor,
  type OutboxEvent,
  type PendingEvent,
  type Query,
  type QueryPage,
  recordBytes,
  type RecordKey,
  type RecordState,
  tableLimits,
  type TableRecord,
  unexpired,
  type WriteBatch,
  type WriteResult,
  keyText,
} from '@koine/stores-ports'
import { syncDirectory } from '../blobs/durable-directories.ts'
import {
  copyOf,
  expiredBy,
  entryFormat,
  eventKey,
  eventKeyAt,
  eventsAfter,
  positionOf,
  type EventEntry,
  expiryKey,
  recordKeyOfExpiry,
  metaKey,
  type RecordEntry,
  toRecordEntry,
  toRecordState,
} from './entry.ts'
import { type EntryStore, openEntryStore } from './entry-store.ts'
import type { LogFiles } from '../log/log-files.ts'
import { JournaledStore, type JournalLimits } from './journal/journaled-store.ts'
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts'

export interface EnvironmentOptions extends Omit<GroupCommitOptions, 'store'> {
  readonly files: LogFiles
  /** Of the journal; its defaults where not given. */
  readonly journal?: Partial<JournalLimits>
}

const done: WriteResult = { ok: true }

/** The records and the outbox of one tenant, in one LMDB environment. Arguments have been checked. */
export class Environment {
  readonly #store: EntryStore
  readonly #commits: GroupCommit
  readonly #clock: Clock
  /** The number of the last event staged. Never used twice, not even after the outbox was emptied. */
  #lastEvent: number
  readonly #listeners: Set<() => void>

  /** @throws KoineError `unavailable` when the directory can't be opened or its format is a later one */
  static async open(directory: string, options: EnvironmentOptions, listeners: Set<() => void>): Promise<Environment> {
    try {
      const made = await mkdir(directory, { recursive: true, mode: 0o700 })
      const base = openEntryStore(directory)
      let store: EntryStore = base
      try {
        refuseLaterFormat(base)
        // The files' entries, and those of the directories that were made, from the first one's parent down.
        if (made !== undefined) {
          for (let each = directory; each.length >= dirname(made).length; each = dirname(each)) {
            await syncDirectory(each)
          }
        }
        store = await JournaledStore.open({ base, directory, ...options })
        return new Environment(store, options, listeners)
      } catch (error) {
        await store.close()
        throw error
      }
    } catch (cause) {
      if (cause instanceof KoineError) throw cause
      throw new KoineError('unavailable', 'The tables of a tenant could not be opened.', { cause })
    }
  }

  private constructor(store: EntryStore, options: EnvironmentOptions, listeners: Set<() => void>) {
    this.#store = store
    this.#commits = new GroupCommit({ store, ...options })
    this.#clock = options.clock
    this.#lastEvent = (store.get(metaKey('events')) as number | undefined) ?? 0
    this.#listeners = listeners
  }

  /** Whether a commit failed. What is on the disk is known again once it has been closed and opened. */
  get failed(): boolean {
    return this.#commits.failed
  }

  get busy(): boolean {
    return this.#commits.busy || this.stuck
  }

  /** Whether a commit that is no longer waited for may still take effect: until then, the directory is to be left alone. */
  get stuck(): boolean {
    return this.#commits.stuck || this.#store.stuck
  }

  get(key: RecordKey): TableRecord | undefined {
    const entry = this.#store.get(keyText(key)) as RecordEntry | undefined
    const state = unexpired(entry && toRecordState(entry), this.#clock.now())
    return state && { key: { table: key.table, pk: key.pk, sk: key.sk }, ...state }
  }

  query(query: Query): QueryPage {
    const { table, pk, limit } = query
    const nowMs = this.#clock.now()
    const group = `${table}\0${pk}\0`
    const records: TableRecord[] = []
    let bytes = 0
    for (const { key: entryKey, value } of this.#store.range(rangeOf(query, group))) {
      const state = unexpired(toRecordState(value as RecordEntry), nowMs)
      if (!state) continue
      if (records.length === limit || bytes >= tableLimits.queryPageBytes) {
        return { records, cursor: encodeCursor(query, records.at(-1)!.key.sk) }
      }
      const key = { table, pk, sk: entryKey.slice(group.length) }
      records.push({ key, ...state })
      bytes += recordBytes(key, state.attributes)
    }
    return { records }
  }

  /** Decides the batch now, on all that was staged before it, and resolves when the decision is durable. */
  write({ operations, events = [] }: WriteBatch, { keyTexts, bytesAtMost }: CheckedBatch): Promise<WriteResult> {
    this.#commits.admit(bytesAtMost)
    const nowMs = this.#clock.now()
    const held: (RecordState | undefined)[] = []
    let failed: number[] | undefined
    for (let i = 0; i < operations.length; i++) {
      const entry = this.#commits.read(keyTexts[i]!) as RecordEntry | undefined
      held.push(entry && toRecordState(entry))
      if (!conditionHolds(operations[i]!.if, unexpired(held[i], nowMs))) (failed ??= []).push(i)
    }
    if (failed) {
      const refused: WriteResult = { ok: false, failed }
      return this.#commits.settled().then(() => refused)
    }
    const next = operations.map((operation, i) => applyOperation(operation, unexpired(held[i], nowMs), copyOf))
    // Nothing throws from here on: a batch is staged whole.
    for (let i = 0; i < operations.length; i++) {
      if (!('check' in operations[i]!)) this.#stageRecord(keyTexts[i]!, held[i], next[i])
    }
    if (events.length > 0) this.#stageEvents(events)
    return this.#commits.commit(bytesAtMost).then(() => {
      if (events.length > 0) for (const listener of this.#listeners) listener()
      return done
    })
  }

  pending(limit: number, after: string | undefined): PendingEvent[] {
    const events: PendingEvent[] = []
    for (const { key: entryKey, value } of this.#store.range(eventsAfter(after))) {
      if (this.#commits.isRemoving(entryKey)) continue
      const [id, topic, key, body] = value as EventEntry
      events.push({ id: id as PendingEvent['id'], topic, key, body, position: positionOf(entryKey) })
      if (events.length === limit) break
    }
    return events
  }

  remove(events: readonly PendingEvent[]): void {
    this.#commits.removeLazily(events.map(({ position }) => eventKeyAt(position)))
  }

  /** Takes expired records out, at most that many. True when there may be more. */
  sweep(limit: number): boolean {
    const nowMs = this.#clock.now()
    const gone: string[] = []
    for (const { key } of this.#store.range(expiredBy(nowMs))) {
      if (this.#commits.isRemoving(key)) continue
      const record = recordKeyOfExpiry(key)
      const entry = this.#commits.read(record) as RecordEntry | undefined
      gone.push(key)
      if (entry?.[2] !== undefined && entry[2] <= nowMs) gone.push(record)
      if (gone.length >= 2 * limit) break
    }
    this.#commits.removeLazily(gone)
    return gone.length >= 2 * limit
  }

  /** Commits what it was given and closes; unless it is stuck then, and is to be closed once more when it no longer is. */
  async close(): Promise<void> {
    await this.#commits.close()
    if (!this.stuck) await this.#store.close()
  }

  #stageRecord(text: string, held: RecordState | undefined, next: RecordState | undefined): void {
    if (next) this.#commits.stage(text, toRecordEntry(next))
    else if (held) this.#commits.stage(text, null)
    if (held?.expiresAtMs === next?.expiresAtMs) return
    if (held?.expiresAtMs !== undefined) this.#commits.stage(expiryKey(held.expiresAtMs, text), null)
    if (next?.expiresAtMs !== undefined) this.#commits.stage(expiryKey(next.expiresAtMs, text), true)
  }

  #stageEvents(events: readonly OutboxEvent[]): void {
    for (const { id, topic, key, body } of events) {
      this.#commits.stage(eventKey(++this.#lastEvent), [id, topic, key, body])
    }
    this.#commits.stage(metaKey('events'), this.#lastEvent)
  }
}

function refuseLaterFormat(store: EntryStore): void {
  const format = (store.get(metaKey('format')) as number | undefined) ?? entryFormat
  if (format <= entryFormat) return
  throw new KoineError('unavailable', `The tables have format ${format}, which only a newer version of Koine reads.`)
}

/** The entries of a query's range, past its cursor. */
function rangeOf(query: Query, group: string): { from: string; before: string; reverse: boolean } {
  const reverse = query.direction === 'descending'
  const after = decodeCursor(query)
  let from = group + (query.from ?? '')
  // The group's keys end in U+0000 and a sort key, so all of them sort before U+0001 in that place.
  let before = query.before === undefined ? `${group.slice(0, -1)}\u0001` : group + query.before
  if (after !== undefined) {
    if (reverse) before = group + after
    else from = `${group}${after}\0`
  }
  return { from, before, reverse }
}
