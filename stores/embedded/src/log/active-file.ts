import type { Engine } from './engine.ts'
import { frameHeaderBytes, readFrameHeader } from './frame.ts'
import { writeAll } from './log-files.ts'
import type { ActiveSegment } from './log-state.ts'

interface Written {
  readonly position: number
  readonly chunks: readonly Uint8Array[]
  readonly end: number
}

/**
 * The file of the active segment, as far as it was written and as far as it is on the disk. What lies between is kept in
 * memory: after a failed sync nobody knows what of it is on the disk, and what was acknowledged is written once more.
 */
export class ActiveFile {
  readonly active: ActiveSegment
  readonly #engine: Engine
  #unsynced: Written[] = []
  #end: number

  constructor(engine: Engine, active: ActiveSegment) {
    this.#engine = engine
    this.active = active
    this.#end = active.bytes
  }

  /** Where the next write goes. */
  get end(): number {
    return this.#end
  }

  get unsyncedBytes(): number {
    return this.#end - this.active.durableBytes
  }

  /** Writes chunks at the end. One write at a time; a sync may run beside it. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const position = this.#end
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    await this.#engine.openFiles.use(this.active.segment.path, 'write', (file) => writeAll(file, chunks, position))
    this.#end = position + bytes
    this.#unsynced.push({ position, chunks, end: this.#end })
    this.#engine.unsynced.bytes += bytes
  }

  /** Brings to the disk what was written before the call. */
  async sync(): Promise<void> {
    const end = this.#end
    await this.#engine.openFiles.use(this.active.segment.path, 'write', (file) => file.sync())
    this.#isDurable(end)
  }

  /**
   * After a write or a sync that failed, and when neither is under way: opens the file afresh, gives up what stands behind
   * `end`, writes the rest of what isn't known to be on the disk once more, in place, and syncs it.
   */
  async mend(end: number): Promise<void> {
    const { path } = this.active.segment
    this.#engine.openFiles.forget(path)
    await this.#engine.openFiles.use(path, 'write', async (file) => {
      await file.truncate(end)
      for (const written of this.#unsynced) {
        if (written.end <= end) await writeAll(file, written.chunks, written.position)
      }
      await file.sync()
    })
    this.#isDurable(end)
    this.#letGo(this.#unsynced)
    this.#unsynced = []
    this.#end = end
    this.active.segment.unsynced = undefined
  }

  /**
   * After a sync that failed: what isn't known to be on the disk may be gone from the operating system too, so that
   * readers are served from memory until it is written once more.
   */
  serveFromMemory(): void {
    const payloads = new Map<number, Uint8Array>()
    for (const { position, chunks } of this.#unsynced) {
      const frames = Buffer.concat(chunks)
      for (let at = 0; at < frames.length;) {
        const start = at + frameHeaderBytes
        const end = start + readFrameHeader(frames, at).payloadBytes
        payloads.set(position + at, frames.subarray(start, end))
        at = end
      }
    }
    this.active.segment.unsynced = payloads
  }

  /** Nothing more is written to it. */
  close(): void {
    this.#letGo(this.#unsynced)
    this.#unsynced = []
    this.#engine.openFiles.forget(this.active.segment.path)
  }

  #isDurable(end: number): void {
    this.active.durableBytes = end
    const first = this.#unsynced.findIndex((written) => written.end > end)
    this.#letGo(this.#unsynced.splice(0, first === -1 ? this.#unsynced.length : first))
  }

  #letGo(written: readonly Written[]): void {
    for (const { position, end } of written) this.#engine.unsynced.bytes -= end - position
  }
}
