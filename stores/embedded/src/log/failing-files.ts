import type { LogFile, LogFiles } from './log-files.ts'

/** Files whose changes fail as long as it is on, before they take effect; for tests. */
export class FailingFiles implements LogFiles {
  readonly #files: LogFiles
  isOn = false
  /** What they fail with. */
  code = 'EIO'
  /** Only those whose path holds this fail. */
  within = ''
  #syncFailsOf: string | undefined

  constructor(files: LogFiles) {
    this.#files = files
  }

  /** The next sync of a file whose name ends so fails, as on a full disk; nothing else does. */
  failNextSyncOf(suffix: string): void {
    this.#syncFailsOf = suffix
  }

  async open(...[path, mode]: Parameters<LogFiles['open']>): Promise<LogFile> {
    const file = await this.#files.open(path, mode)
    return {
      read: (target, position) => file.read(target, position),
      size: () => file.size(),
      close: () => file.close(),
      write: (chunks, position) => this.#unlessOn(path, () => file.write(chunks, position)),
      sync: () => this.#unlessOn(path, () => this.#sync(path, file)),
      truncate: (bytes) => this.#unlessOn(path, () => file.truncate(bytes)),
    }
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#files.list(directory)
  }

  makeDirectory(path: string): Promise<void> {
    return this.#unlessOn(path, () => this.#files.makeDirectory(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#unlessOn(path, () => this.#files.syncDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#unlessOn(to, () => this.#files.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#unlessOn(path, () => this.#files.remove(path))
  }

  removeDirectory(path: string): Promise<void> {
    return this.#unlessOn(path, () => this.#files.removeDirectory(path))
  }

  async #sync(path: string, file: LogFile): Promise<void> {
    if (this.#syncFailsOf === undefined || !path.endsWith(this.#syncFailsOf)) return file.sync()
    this.#syncFailsOf = undefined
    throw Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' })
  }

  async #unlessOn<T>(path: string, change: () => Promise<T>): Promise<T> {
    const { code } = this
    if (this.isOn && path.includes(this.within)) throw Object.assign(new Error(`${code}: simulated`), { code })
    return change()
  }
}
