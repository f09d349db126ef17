import type { Socket } from 'node:net'
import { FrameSplitter } from './frame-splitter.ts'

interface InboundLimits {
  /** Frames, and bytes of them, that are read ahead. */
  readonly framesMax: number
  readonly bytesMax: number
}

/**
 * The receiving half of a connection: frames in order, read ahead up to a bound. Beyond it the socket isn't read, and the
 * client feels it.
 */
export class Inbound {
  readonly #socket: Socket
  readonly #splitter: FrameSplitter
  readonly #limits: InboundLimits
  #heldBytes = 0
  readonly #frames: Uint8Array[] = []
  #isEnded = false
  #failure: unknown
  #wake: () => void = () => {}

  constructor(
    socket: Socket,
    {
      onBytes,
      ...limits
    }: InboundLimits & { readonly frameBytesMax: number; readonly onBytes: (bytes: number) => void },
  ) {
    this.#socket = socket
    this.#limits = limits
    this.#splitter = new FrameSplitter(limits.frameBytesMax)
    socket.on('data', (chunk: Buffer) => {
      onBytes(chunk.length)
      this.#receive(chunk)
    })
    socket.on('end', () => this.end())
    socket.on('close', () => this.end())
  }

  set frameBytesMax(bytes: number) {
    this.#splitter.frameBytesMax = bytes
  }

  /** The next frame; undefined at the end. @throws ProtocolError after the frames that came before the fault */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#frames.length === 0) {
      if (this.#failure) throw this.#failure
      if (this.#isEnded) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const frame = this.#frames.shift()!
    this.#heldBytes -= frame.length
    if (!this.#isFull && this.#socket.isPaused()) this.#socket.resume()
    return frame
  }

  get #isFull(): boolean {
    return this.#frames.length >= this.#limits.framesMax || this.#heldBytes >= this.#limits.bytesMax
  }

  /** No more frames than those that are here. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /** Not even those that are here. */
  drop(): void {
    this.#frames.length = 0
    this.#heldBytes = 0
    this.end()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isEnded || this.#failure) return
    try {
      for (const frame of this.#splitter.push(chunk)) {
        this.#frames.push(frame)
        this.#heldBytes += frame.length
      }
    } catch (thrown) {
      this.#failure = thrown
    }
    if (this.#isFull || this.#failure) this.#socket.pause()
    this.#wake()
  }
}
