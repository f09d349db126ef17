import type { Engine } from './engine.ts'
import { indexOf } from './index-store.ts'
import type { LogState, PartitionState } from './log-state.ts'
import type { Segment } from './segment.ts'
import { type FrameTable, payloadBytesFrom, rowOf } from './segment-index.ts'
import { summaryOf } from './segment-summary.ts'

/** How many bytes partitions hold, by the indexes alone. */
export class PartitionSizes {
  readonly #engine: Engine
  readonly #state: LogState

  constructor(engine: Engine, state: LogState) {
    this.#engine = engine
    this.#state = state
  }

  async size({ number, endOffset }: PartitionState): Promise<number> {
    const { sealed, active } = this.#state
    const start = this.#state.known.startOffset(number)
    if (endOffset === start) return 0
    let bytes = heldBytes(active?.frames.get(number), start)
    for (const segment of sealed) {
      const share = (await summaryOf(this.#engine, this.#state, segment)).shareOf(number)
      if (!share || share.endOffset <= start) continue
      bytes += share.firstOffset >= start ? share.payloadBytes : heldBytes(await this.#frames(segment, number), start)
    }
    return bytes
  }

  /** The first offset from which on at most `bytesMax` are held, counted in whole frames from the end. */
  async findSize({ number, endOffset }: PartitionState, bytesMax: number): Promise<number> {
    const { sealed, active } = this.#state
    const start = this.#state.known.startOffset(number)
    if (endOffset === start) return start
    const found = new Countdown(start, endOffset, bytesMax)
    found.take(active?.frames.get(number))
    for (const segment of sealed.toReversed()) {
      if (found.isOver) break
      const share = (await summaryOf(this.#engine, this.#state, segment)).shareOf(number)
      if (!share) continue
      if (share.endOffset <= start) break
      const fits = share.firstOffset >= start && found.takeWhole(share)
      if (!fits) found.take(await this.#frames(segment, number))
    }
    return found.offset
  }

  async #frames(segment: Segment, partition: number): Promise<FrameTable | undefined> {
    return (await indexOf(this.#engine, this.#state, segment)).frames(partition)
  }
}

/** Counts bytes down from a partition's end. */
class Countdown {
  readonly #start: number
  #offset: number
  #bytesLeft: number
  isOver = false

  constructor(start: number, endOffset: number, bytes: number) {
    this.#start = start
    this.#offset = endOffset
    this.#bytesLeft = bytes
  }

  /** How far back it came: all the way when the bytes were enough. */
  get offset(): number {
    return this.isOver ? this.#offset : this.#start
  }

  takeWhole({ firstOffset, payloadBytes }: { readonly firstOffset: number; readonly payloadBytes: number }): boolean {
    if (payloadBytes > this.#bytesLeft) return false
    this.#bytesLeft -= payloadBytes
    this.#offset = firstOffset
    return true
  }

  take(frames: FrameTable | undefined): void {
    if (!frames) return
    const first = rowOf(frames, this.#start)
    for (let row = frames.count - 1; row >= first && !this.isOver; row--) {
      const frame = { firstOffset: frames.baseOffset(row), payloadBytes: frames.payloadBytes(row) }
      this.isOver = !this.takeWhole(frame)
    }
  }
}

const heldBytes = (frames: FrameTable | undefined, start: number): number =>
  frames ? payloadBytesFrom(frames, start) : 0
