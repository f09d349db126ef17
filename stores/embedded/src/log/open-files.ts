import type { LogFile, LogFiles, OpenMode } from './log-files.ts'

interface Held {
  readonly key: string
  readonly file: Promise<LogFile>
  users: number
  /** No longer to be found: closed by the last one who uses it. */
  forgotten: boolean
}

/** Files open on demand, over all tenants; beyond the bound, those unused for longest are closed. */
export class OpenFiles implements AsyncDisposable {
  readonly #files: LogFiles
  readonly #filesMax: number
  /** By mode and path, the least recently used first. */
  readonly #held = new Map<string, Held>()
  readonly #closing = new Set<Promise<void>>()

  constructor(files: LogFiles, filesMax: number) {
    this.#files = files
    this.#filesMax = filesMax
  }

  /** How many are open. */
  get size(): number {
    return this.#held.size
  }

  /** Runs `action` on the file, which stays open that long. */
  async use<T>(path: string, mode: OpenMode, action: (file: LogFile) => Promise<T>): Promise<T> {
    const held = this.#take(`${mode}:${path}`, path, mode)
    try {
      return await action(await held.file)
    } catch (error) {
      // The next one opens it afresh: this one may be what is broken.
      this.#forget(held)
      throw error
    } finally {
      held.users--
      if (held.forgotten && held.users === 0) this.#close(held)
      this.#trim()
    }
  }

  /** Closes what is open of a path, as soon as nobody uses it. */
  forget(path: string): void {
    for (const mode of ['read', 'write'] as const) {
      const held = this.#held.get(`${mode}:${path}`)
      if (held) this.#forget(held)
    }
  }

  /** The caller makes sure that nothing is in use any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#held.values()) this.#forget(held)
    await Promise.all(this.#closing)
  }

  #take(key: string, path: string, mode: OpenMode): Held {
    const held = this.#held.get(key) ?? { key, file: this.#files.open(path, mode), users: 0, forgotten: false }
    this.#held.delete(key)
    this.#held.set(key, held)
    held.users++
    return held
  }

  #trim(): void {
    if (this.#held.size <= this.#filesMax) return
    for (const held of this.#held.values()) {
      if (held.users === 0) this.#forget(held)
      if (this.#held.size <= this.#filesMax) return
    }
  }

  #forget(held: Held): void {
    if (held.forgotten) return
    held.forgotten = true
    this.#held.delete(held.key)
    if (held.users === 0) this.#close(held)
  }

  #close({ file }: Held): void {
    const closing: Promise<void> = file
      .then((opened) => opened.close())
      // It never opened, or closing failed: what has to be durable was synced before, so nothing hangs on it.
      .catch(() => {})
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
