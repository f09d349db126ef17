import { checkFrameLength } from '@koine/protocols-kafka'

export const framePrefixBytes = 4
/** Room that a frame gets before more of it has arrived. */
const firstRoomBytes = 2 * 1024 * 1024

/**
 * Cuts a stream of bytes into frames: four bytes of length, then as many bytes. A frame that arrives in one piece isn't
 * copied; one that comes in pieces gets room as it arrives, whatever it declares, and its pieces are let go at once.
 */
export class FrameSplitter {
  #frameBytesMax: number
  readonly #prefix = new Uint8Array(framePrefixBytes)
  #prefixFilled = 0
  #partial: PartialFrame | undefined

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax
  }

  set frameBytesMax(bytes: number) {
    this.#frameBytesMax = bytes
  }

  /** A frame has begun and isn't whole. */
  get isInside(): boolean {
    return this.#partial !== undefined || this.#prefixFilled > 0
  }

  /** @throws ProtocolError when a frame declares a length out of bounds */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      if (!this.#partial) {
        at += this.#fillPrefix(chunk.subarray(at))
        if (this.#prefixFilled < framePrefixBytes) break
        const length = this.#takeLength()
        if (chunk.length - at >= length) {
          frames.push(chunk.subarray(at, at + length))
          at += length
          continue
        }
        this.#partial = new PartialFrame(length)
      }
      at += this.#partial.fill(chunk.subarray(at))
      const frame = this.#partial.whole
      if (frame) {
        frames.push(frame)
        this.#partial = undefined
      }
    }
    return frames
  }

  #fillPrefix(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, framePrefixBytes - this.#prefixFilled)
    this.#prefix.set(taken, this.#prefixFilled)
    this.#prefixFilled += taken.length
    return taken.length
  }

  #takeLength(): number {
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = this.#prefix
    this.#prefixFilled = 0
    return checkFrameLength((b0 << 24) | (b1 << 16) | (b2 << 8) | b3, this.#frameBytesMax)
  }
}

class PartialFrame {
  readonly #length: number
  #room: Buffer
  #filled = 0

  constructor(length: number) {
    this.#length = length
    this.#room = Buffer.allocUnsafeSlow(Math.min(length, firstRoomBytes))
  }

  /** Takes what belongs to the frame. @returns how many bytes that was */
  fill(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#length - this.#filled)
    if (this.#filled + taken.length > this.#room.length) this.#grow(this.#filled + taken.length)
    this.#room.set(taken, this.#filled)
    this.#filled += taken.length
    return taken.length
  }

  get whole(): Uint8Array | undefined {
    return this.#filled === this.#length ? this.#room : undefined
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#length, bytes * 2))
    this.#room.copy(larger, 0, 0, this.#filled)
    this.#room = larger
  }
}
