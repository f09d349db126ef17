import { KoineError, systemClock } from '@koine/base'
import { until } from '@koine/base/testing'
import { MemoryBlobs } from '@koine/stores-ports/memory'
import type { SegmentLogLimits } from '../engine.ts'
import { append, numbered, OpenedLog } from '../opened-log.ts'
import { TamperedBlobs } from './tampered-blobs.ts'
import type { TieringSettings } from './tiering-settings.ts'

const atOnce: Partial<TieringSettings> = { copyAfterMs: 0, localMs: 0, retryMs: 1, retryMsMax: 20 }

/** A tenant's log on real files, of segments of two or three appends each, over a blob store that can fail; for tests. */
export class TieredLog implements AsyncDisposable {
  /** Operations of the store that fail, or never come back. */
  readonly failing = new Set<string>()
  readonly hanging = new Set<string>()
  readonly stored: MemoryBlobs
  readonly blobs: TamperedBlobs
  readonly opened: OpenedLog

  constructor({ limits = {}, tiering = {} }: Partial<Options> = {}) {
    const before = (operation: string): void | Promise<void> => {
      if (this.failing.has(operation)) throw new KoineError('unavailable', 'A fault of the test.')
      if (this.hanging.has(operation)) return new Promise(() => {})
    }
    this.stored = new MemoryBlobs({ clock: systemClock, faults: { before, after: () => {} } })
    this.blobs = new TamperedBlobs(this.stored)
    this.opened = new OpenedLog(limits, { blobs: this.blobs, tiering: { ...atOnce, ...tiering } })
  }

  /** With a topic `t` of one partition that holds so many appends. */
  static async of(appends: number, options: Partial<Options> = {}): Promise<TieredLog> {
    const log = new TieredLog(options)
    await log.opened.log.createTopic({ name: 't', partitions: 1 })
    await append(log.opened.log, 't', numbered(appends))
    return log
  }

  get log(): OpenedLog['log'] {
    return this.opened.log
  }

  async usage(): ReturnType<OpenedLog['log']['usage']> {
    return this.log.usage()
  }

  async keys(): Promise<string[]> {
    const { blobs } = await this.stored.forTenant(this.opened.tenant).list({ prefix: '', limit: 1000 })
    return blobs.map(({ key }) => key)
  }

  async moved(): Promise<void> {
    await until('only the active segment is on the disk', async () => (await this.usage()).localSegments === 1)
  }

  async copied(): Promise<void> {
    await until('every segment but the active one is copied', async () => {
      const { localSegments, tieredSegments } = await this.usage()
      return localSegments === tieredSegments + 1
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.failing.clear()
    this.hanging.clear()
    await this.opened[Symbol.asyncDispose]()
  }
}

interface Options {
  readonly limits: Partial<SegmentLogLimits>
  readonly tiering: Partial<TieringSettings>
}
