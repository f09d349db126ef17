import { join } from 'node:path'
import { invariant, KoineError } from '@koine/base'
import { isAbsentFile, type LogFile, type LogFiles, writeAll } from '../../log/log-files.ts'
import { scanGeneration, type ScannedGeneration } from './generation-scan.ts'
import { type Changes, encodeFrame } from './journal-frame.ts'

export interface JournalOptions {
  readonly files: LogFiles
  readonly directory: string
  /** The newest generation that needs no replaying. */
  readonly keptElsewhere: number
}

/**
 * Two files that commits are written to, one frame each, synced before they count. A generation is what is later kept
 * elsewhere in one go; generation n stands in file n mod 2, over what generation n − 2 left there, so that most writes
 * reach blocks that the file has already. Only the newest two generations are ever needed.
 */
export class Journal implements AsyncDisposable {
  readonly #files: LogFiles
  readonly #directory: string
  readonly #open = new Map<number, Promise<LogFile>>()
  #generation: number
  #number = 0
  #position = 0
  #failed = false

  /**
   * @returns what has to be replayed, oldest first. It is durable: as its last process may have died, or failed, before
   * it was, it is written again.
   * @throws KoineError `unavailable` when it is damaged
   */
  static async open(options: JournalOptions): Promise<{ journal: Journal; replayed: readonly ScannedGeneration[] }> {
    const journal = new Journal(options)
    try {
      const replayed = await journal.#scanAll()
      const last = replayed.at(-1)
      if (last) journal.#goOn(last)
      return { journal, replayed }
    } catch (error) {
      await journal[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor({ files, directory, keptElsewhere }: JournalOptions) {
    this.#files = files
    this.#directory = directory
    this.#generation = keptElsewhere + 1
  }

  get generation(): number {
    return this.#generation
  }

  /** Resolves when the changes are durable. After a failure nothing is taken any more: what is on the disk is unknown. */
  async append(changes: Changes): Promise<{ readonly bytes: number }> {
    if (this.#failed) throw new KoineError('unavailable', 'The journal could not be written.')
    const frame = encodeFrame({ generation: this.#generation, number: this.#number }, changes)
    try {
      const file = await this.#file(this.#generation % 2)
      await writeAll(file, [frame], this.#position)
      await file.sync()
    } catch (error) {
      this.#failed = true
      throw error
    }
    this.#position += frame.length
    this.#number++
    return { bytes: frame.length }
  }

  /** Begins the next generation. The one before the current one is kept elsewhere by now. */
  beginNext(): void {
    this.#generation++
    this.#number = 0
    this.#position = 0
  }

  /** All that it holds is kept elsewhere. */
  async remove(): Promise<void> {
    await this[Symbol.asyncDispose]()
    for (const file of [0, 1]) await this.#files.remove(this.#path(file))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const opening of open) {
      const file = await opening.catch(() => undefined) // Whoever opened it heard of it.
      await file?.close()
    }
  }

  #path(file: number): string {
    return join(this.#directory, `journal-${file}`)
  }

  #file(which: number): Promise<LogFile> {
    let opening = this.#open.get(which)
    if (!opening) this.#open.set(which, (opening = this.#make(which)))
    return opening
  }

  async #make(which: number): Promise<LogFile> {
    const file = await this.#files.open(this.#path(which), 'write')
    try {
      await this.#files.syncDirectory(this.#directory)
    } catch (error) {
      await file.close()
      throw error
    }
    return file
  }

  async #scanAll(): Promise<ScannedGeneration[]> {
    const keptElsewhere = this.#generation - 1
    const found = [await this.#scan(0, keptElsewhere), await this.#scan(1, keptElsewhere)]
    const replayed = found.filter((scanned) => scanned !== undefined).sort((a, b) => a.generation - b.generation)
    for (const [at, { generation }] of replayed.entries()) {
      if (generation === keptElsewhere + 1 + at) continue
      throw new KoineError('unavailable', `The journal in ${this.#directory} lacks what comes before ${generation}.`)
    }
    return replayed
  }

  async #scan(which: number, keptElsewhere: number): Promise<ScannedGeneration | undefined> {
    const bytes = await this.#read(which)
    const scanned = bytes && scanGeneration(bytes, this.#path(which), keptElsewhere)
    if (!scanned) return undefined
    invariant(scanned.generation % 2 === which, 'A generation stands in its own file.')
    const file = await this.#file(which)
    await writeAll(file, [bytes.subarray(0, scanned.bytes)], 0)
    await file.sync()
    return scanned
  }

  async #read(which: number): Promise<Buffer | undefined> {
    let file: LogFile
    try {
      file = await this.#files.open(this.#path(which), 'read')
    } catch (error) {
      if (isAbsentFile(error)) return undefined
      throw error
    }
    try {
      const bytes = Buffer.allocUnsafeSlow(await file.size())
      return bytes.subarray(0, await file.read(bytes, 0))
    } finally {
      await file.close()
    }
  }

  #goOn({ generation, commits, bytes }: ScannedGeneration): void {
    this.#generation = generation
    this.#number = commits.length
    this.#position = bytes
  }
}
