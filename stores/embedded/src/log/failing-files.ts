import type { LogFile, LogFiles } from './log-files.ts'

/** Files whose changes fail as long as it is on, before they take effect; for tests. */
export class FailingFiles implements LogFiles {
  readonly #files: LogFiles
  isOn = false

  constructor(files: LogFiles) {
    this.#files = files
  }

  async open(...[path, mode]: Parameters<LogFiles['open']>): Promise<LogFile> {
    const file = await this.#files.open(path, mode)
    return {
      read: (target, position) => file.read(target, position),
      size: () => file.size(),
      close: () => file.close(),
      write: (chunks, position) => this.#unlessOn(() => file.write(chunks, position)),
      sync: () => this.#unlessOn(() => file.sync()),
      truncate: (bytes) => this.#unlessOn(() => file.truncate(bytes)),
    }
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#files.list(directory)
  }

  makeDirectory(path: string): Promise<void> {
    return this.#unlessOn(() => this.#files.makeDirectory(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#unlessOn(() => this.#files.syncDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#unlessOn(() => this.#files.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#unlessOn(() => this.#files.remove(path))
  }

  removeDirectory(path: string): Promise<void> {
    return this.#unlessOn(() => this.#files.removeDirectory(path))
  }

  async #unlessOn<T>(change: () => Promise<T>): Promise<T> {
    if (this.isOn) throw Object.assign(new Error('EIO: simulated'), { code: 'EIO' })
    return change()
  }
}
