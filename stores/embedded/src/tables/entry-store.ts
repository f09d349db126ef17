import { setImmediate as nextTurn } from 'node:timers/promises'
import { open, type RootDatabase } from 'lmdb'
import type { EntryRange, EntryValue } from './entry.ts'

/** One LMDB environment as an ordered map of texts. The only file that knows LMDB's binding. */
export interface EntryStore {
  /** The caller's own. */
  get(key: string): EntryValue | undefined
  /** Not to be changed. */
  peek(key: string): EntryValue | undefined
  range(range: EntryRange): Iterable<{ readonly key: string; readonly value: EntryValue }>
  /**
   * Writes all changes (null removes) in one transaction. Visible and durable when it resolves, and not visible before;
   * when it rejects, none of it is.
   */
  commit(changes: ReadonlyMap<string, EntryValue | null>): Promise<void>
  close(): Promise<void>
  /** Whether something that is no longer waited for may never come back: closing would wait for it. */
  readonly stuck: boolean
}

/** Keys are UTF-8 in LMDB. Each target has room for the longest key but the one that the binding grows on a RangeError. */
const textKeys = {
  writeKey(text: string, target: Buffer, start: number): number {
    if (start + text.length * 3 > target.length && start + Buffer.byteLength(text) > target.length) {
      throw new RangeError('The key does not fit here.')
    }
    return start + Buffer.prototype.utf8Write.call(target, text, start)
  },
  readKey: (source: Buffer, start: number, end: number): string => Buffer.prototype.utf8Slice.call(source, start, end),
}

/**
 * Opens the environment in a directory, which exists.
 *
 * With `overlappingSync` off, a commit writes its pages, syncs them and only then writes the meta page that makes them
 * visible, all on the binding's thread: durable comes before visible, and a failed sync rejects the commit. (With it on,
 * readers would see what a power failure may still take back, and a failed flush would never settle.)
 */
export function openEntryStore(directory: string): EntryStore {
  const database: RootDatabase<EntryValue, string> = open({
    path: directory,
    overlappingSync: false,
    // Groups are gathered above: one starts when it is all there, so that the two threads don't pass it on bit by bit.
    eventTurnBatching: false,
    txnStartThreshold: Number.MAX_SAFE_INTEGER,
    batchStartThreshold: Number.MAX_SAFE_INTEGER,
    keyEncoder: textKeys,
    encoder: { useRecords: false, mapsAsObjects: true, variableMapSize: true, copyBuffers: true },
    noMemInit: true,
    maxDbs: 1,
  } as Parameters<typeof open>[0])
  return {
    get: (key) => database.get(key),
    peek: (key) => database.get(key),
    stuck: false,
    range: ({ from, before, reverse }) =>
      reverse
        ? // The upper bound is left out and the lower one taken in.
          database.getRange({ start: before, exclusiveStart: true, end: from, inclusiveEnd: true, reverse: true })
        : database.getRange({ start: from, end: before }),
    async commit(changes) {
      try {
        await database.batch(() => {
          for (const [key, value] of changes) void (value === null ? database.remove(key) : database.put(key, value))
        })
      } catch (error) {
        throw await reasonOf(error)
      }
    },
    close: () => database.close(),
  }
}

/**
 * Why a commit failed. The binding rejects with a general error that carries a promise, which rejects with the system's
 * error in the same turn and would end the process if nobody listened.
 */
async function reasonOf(failure: unknown): Promise<unknown> {
  const { commitError = Promise.resolve(failure) } = failure as { commitError?: Promise<unknown> }
  try {
    return await Promise.race([commitError, nextTurn(failure)])
  } catch (reason) {
    return reason
  }
}
