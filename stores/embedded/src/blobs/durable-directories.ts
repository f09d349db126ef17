import { mkdir, open, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes what the directory lists survive a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/**
 * Directories below a root that are known to be on the disk, entry in the parent included. Remembers the most recently
 * made or used ones, so that a put into a known directory pays for no other fsync than its own.
 */
export class DurableDirectories {
  readonly #root: string
  readonly #remembered: number
  readonly #made = new Map<string, Promise<void>>()

  constructor(root: string, remembered = 1000) {
    this.#root = root
    this.#remembered = remembered
  }

  /** Makes the directory and those between it and the root, which is there. */
  async ensure(path: string): Promise<void> {
    if (path === this.#root) return
    const made = this.#made.get(path) ?? this.#make(path)
    this.#made.delete(path)
    this.#made.set(path, made)
    if (this.#made.size > this.#remembered) this.#forget(this.#made.keys().next().value!)
    try {
      await made
    } catch (error) {
      this.#forget(path)
      throw error
    }
  }

  forgetWithAbove(path: string): void {
    for (let each = path; each.startsWith(`${this.#root}/`); each = dirname(each)) this.#forget(each)
  }

  /** Removes the directory and those above it that are empty; the root stays. */
  async prune(path: string): Promise<void> {
    for (let each = path; each.startsWith(`${this.#root}/`); each = dirname(each)) {
      this.#forget(each)
      try {
        await rmdir(each)
      } catch {
        return // Not empty, or already gone: somebody else is at work here.
      }
    }
  }

  #forget(path: string): void {
    this.#made.delete(path)
  }

  async #make(path: string): Promise<void> {
    await this.ensure(dirname(path))
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await syncDirectory(dirname(path))
  }
}
