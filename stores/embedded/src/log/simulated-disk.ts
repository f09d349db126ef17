import { type Randomness, wholeNumber } from '@koine/base'
import type { LogFile, LogFiles, OpenMode } from './log-files.ts'

type Change = { readonly position: number; readonly bytes: Buffer } | { readonly truncate: number }

/** A file's contents as programs see them, and as they are on the platter, with what lies between. */
interface Inode {
  seen: Buffer
  durable: Buffer
  unsynced: Change[]
}

export type DiskOperation = 'open' | 'read' | 'write' | 'sync' | 'truncate' | 'syncDirectory' | 'rename' | 'remove'

const sectorBytes = 512
const never = <T>(): Promise<T> => new Promise<T>(() => {})

/**
 * A disk in memory that keeps, over a crash, any part of what was not synced: writes in any order, torn between sectors;
 * files without their names and names without their removal. A failed sync loses any part of what it was to write, and
 * the next sync succeeds without bringing it back, as Linux does; where it forgets, programs no longer see that part either,
 * as with file systems that drop the pages.
 */
export class SimulatedDisk {
  readonly #randomness: Randomness
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  /** Changes with each crash: whoever held a file before it never hears anything again. */
  #life = 0
  #failures = new Map<DiskOperation, Error[]>()
  #operationsUntilStop = Infinity
  shortWrites = false
  forgetsAtFailedSyncs = false
  #onStop: () => void = () => {}
  #stop: () => void = () => {}

  constructor(randomness: Randomness) {
    this.#randomness = randomness
  }

  /** The next operation of this kind fails; a write after writing a part. Several wait in line. */
  failNext(operation: DiskOperation, code = 'EIO'): void {
    const error = Object.assign(new Error(`${code}: simulated`), { code })
    this.#failures.set(operation, [...(this.#failures.get(operation) ?? []), error])
  }

  heal(): void {
    this.#failures.clear()
  }

  /** The machine, or only the program, stops at the nth operation from now. Resolves then. */
  stopAt(operations: number, what: 'machine' | 'program'): Promise<void> {
    this.#operationsUntilStop = operations
    this.#stop = () => (what === 'machine' ? this.crash() : this.kill())
    return new Promise((resolve) => (this.#onStop = resolve))
  }

  /** The program stops, now; the machine goes on and keeps what was written. */
  kill(): void {
    this.#life++
    this.#operationsUntilStop = Infinity
    this.#onStop()
  }

  /** The machine stops, now. */
  crash(): void {
    for (const [name, inode] of this.#names) if (this.#maybe()) this.#durableNames.set(name, inode)
    for (const name of this.#durableNames.keys()) {
      if (!this.#names.has(name) && this.#maybe()) this.#durableNames.delete(name)
    }
    for (const inode of new Set(this.#durableNames.values())) {
      this.#losePart(inode)
      inode.seen = Buffer.from(inode.durable)
    }
    this.#names = new Map(this.#durableNames)
    this.kill()
  }

  names(): string[] {
    return [...this.#names.keys()].sort()
  }

  /** Somebody takes a file away, for ever. */
  lose(name: string): void {
    this.#names.delete(name)
    this.#durableNames.delete(name)
  }

  /** Somebody changes a file's bytes, for ever. */
  damage(name: string, change: (contents: Buffer) => Buffer): void {
    const inode = this.#inode(name)
    inode.seen = change(Buffer.from(inode.seen))
    inode.durable = Buffer.from(inode.seen)
    inode.unsynced = []
  }

  contents(name: string): Buffer {
    return Buffer.from(this.#inode(name).seen)
  }

  /** The files as a program sees them that is started now, until the next crash. */
  mount(): LogFiles {
    const life = this.#life
    const run = <T>(operation: DiskOperation, effect: () => T): Promise<T> =>
      this.#run(operation, life, (failure) => {
        throwIf(failure)
        return effect()
      })
    const inside = (directory: string, name: string): boolean => name.startsWith(`${directory}/`)
    return {
      open: (path, mode) => run('open', () => this.#open(path, mode)),
      list: (directory) =>
        run('read', () =>
          this.names().flatMap((name) => (inside(directory, name) ? name.slice(directory.length + 1) : [])),
        ),
      makeDirectory: async () => {},
      syncDirectory: (directory) =>
        run('syncDirectory', () => {
          for (const name of this.#durableNames.keys()) if (inside(directory, name)) this.#durableNames.delete(name)
          for (const [name, inode] of this.#names) if (inside(directory, name)) this.#durableNames.set(name, inode)
        }),
      rename: (from, to) =>
        run('rename', () => {
          const inode = this.#inode(from)
          this.#names.delete(from)
          this.#names.set(to, inode)
        }),
      remove: (path) => run('remove', () => void this.#names.delete(path)),
      removeDirectory: (directory) =>
        run('remove', () => {
          for (const name of this.names()) if (inside(directory, name)) this.#names.delete(name)
        }),
    }
  }

  #open(path: string, mode: OpenMode): LogFile {
    if (mode === 'write' && !this.#names.has(path)) {
      this.#names.set(path, { seen: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] })
    }
    return this.#fileOf(this.#inode(path))
  }

  #fileOf(inode: Inode): LogFile {
    const life = this.#life
    return {
      read: (target, position) =>
        this.#run('read', life, (failure) => {
          throwIf(failure)
          return inode.seen.copy(target, 0, Math.min(position, inode.seen.length))
        }),
      write: (chunks, position) =>
        this.#run('write', life, (failure) => {
          const all = Buffer.concat(chunks)
          const isShort = failure !== undefined || (this.shortWrites && this.#maybe())
          const written = isShort ? 1 + wholeNumber(this.#randomness, all.length) : all.length
          this.#change(inode, { position, bytes: all.subarray(0, written) })
          throwIf(failure)
          return written
        }),
      sync: () =>
        this.#run('sync', life, (failure) => {
          if (failure) this.#losePart(inode)
          if (failure && this.forgetsAtFailedSyncs) inode.seen = Buffer.from(inode.durable)
          if (!failure) inode.durable = apply(inode.durable, inode.unsynced)
          inode.unsynced = []
          throwIf(failure)
        }),
      truncate: (bytes) =>
        this.#run('truncate', life, (failure) => {
          throwIf(failure)
          this.#change(inode, { truncate: bytes })
        }),
      size: async () => inode.seen.length,
      close: async () => {},
    }
  }

  /** Counts an operation, which may be the one that the machine stops at, and does it in one step. */
  async #run<T>(operation: DiskOperation, life: number, effect: (failure: Error | undefined) => T): Promise<T> {
    if (life === this.#life && --this.#operationsUntilStop < 0) this.#stop()
    // The program goes on meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
    return life === this.#life ? effect(this.#failures.get(operation)?.shift()) : never()
  }

  #change(inode: Inode, change: Change): void {
    inode.seen = apply(inode.seen, [change])
    inode.unsynced.push(change)
  }

  /** Of what was not synced, any part reaches the platter. */
  #losePart(inode: Inode): void {
    const kept = inode.unsynced.flatMap((change): Change[] => {
      if ('truncate' in change) return this.#maybe() ? [change] : []
      if (this.#maybe()) return [change]
      return sectorsOf(change).filter(() => this.#maybe())
    })
    inode.durable = apply(inode.durable, kept)
    inode.unsynced = []
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path)
    if (!inode) throw Object.assign(new Error(`ENOENT: no such file, '${path}'`), { code: 'ENOENT' })
    return inode
  }

  #maybe(): boolean {
    return this.#randomness.fraction() < 0.5
  }
}

function throwIf(failure: Error | undefined): void {
  if (failure) throw failure
}

function apply(contents: Buffer, changes: readonly Change[]): Buffer {
  let result = contents
  for (const change of changes) {
    if ('truncate' in change) {
      const cut = Buffer.alloc(change.truncate)
      result.copy(cut)
      result = cut
    } else {
      const longer = Buffer.alloc(Math.max(result.length, change.position + change.bytes.length))
      result.copy(longer)
      change.bytes.copy(longer, change.position)
      result = longer
    }
  }
  return result
}

function sectorsOf({ position, bytes }: { position: number; bytes: Buffer }): Change[] {
  const sectors: Change[] = []
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + sectorBytes - ((position + at) % sectorBytes))
    sectors.push({ position: position + at, bytes: bytes.subarray(at, end) })
    at = end
  }
  return sectors
}
