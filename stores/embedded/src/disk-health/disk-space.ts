import { statfs } from 'node:fs/promises'
import type { Clock, Logger, Timer } from '@koine/base'

export interface Space {
  /** What this process may still use. */
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface DiskSpaceOptions {
  readonly measure: () => Promise<Space>
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
}

const everyMs = 10_000
const lowShare = 0.05
const enoughShare = 0.07

export async function spaceOf(directory: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(directory)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** How much room there is, looked at now and then, and told in the log before there is none. A disk that hangs hangs nothing. */
export class DiskSpace implements Disposable {
  readonly #options: DiskSpaceOptions
  #space: Space | undefined
  #isLow = false
  #isDisposed = false
  #timer: Timer | undefined

  constructor(options: DiskSpaceOptions) {
    this.#options = options
    void this.#look()
  }

  /** As of the last look; undefined before the first, and where it can't be told. */
  get space(): Space | undefined {
    return this.#space
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    const { measure, clock, logger } = this.#options
    try {
      this.#space = await measure()
      this.#tell(this.#space)
    } catch (error) {
      this.#space = undefined
      logger.debug({ err: error }, 'how much room is on the disk can’t be told')
    }
    if (!this.#isDisposed) this.#timer = clock.after(everyMs, () => void this.#look())
  }

  #tell(space: Space): void {
    const share = space.totalBytes === 0 ? 1 : space.freeBytes / space.totalBytes
    if (this.#isLow ? share < enoughShare : share >= lowShare) return
    this.#isLow = !this.#isLow
    if (this.#isLow) this.#options.logger.warn({ ...space }, 'the disk is almost full')
    else this.#options.logger.info({ ...space }, 'there is room on the disk again')
  }
}
