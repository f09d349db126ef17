import type { Socket } from 'node:net'
import type { Clock, Timer } from '@koine/base'
import { FrameSplitter, framePrefixBytes } from './frame-splitter.ts'
import type { WorkShare } from './work-budget.ts'

interface InboundOptions {
  readonly clock: Clock
  readonly share: WorkShare
  /** Bytes that are read ahead of the requests in work; a single larger frame is read all the same. */
  readonly bytesMax: number
  readonly frameBytesMax: number
  /** How long a frame may take from its first byte to its last, and how long the socket may go unread. */
  readonly frameTimeoutMs: number
  readonly onBytes: (bytes: number) => void
  readonly onStuck: () => void
}

/** Pieces of any size cost something to hold. */
const piecesMax = 1_024
/** What is read ahead of a client that isn't listened to: a little, to see it leave. */
const mutedBytesMax = 64 * 1024

/**
 * The receiving half of a connection: frames in order, read ahead up to a bound, so that a client that leaves is seen to.
 * Beyond it, and while all connections together hold too much, the socket isn't read, and the client feels it.
 */
export class Inbound {
  readonly #socket: Socket
  readonly #splitter: FrameSplitter
  readonly #options: InboundOptions
  readonly #pieces: Uint8Array[] = []
  #pieceBytes = 0
  readonly #frames: Uint8Array[] = []
  #isEnded = false
  #isMuted = false
  #failure: unknown
  #wake: () => void = () => {}
  #waitsForRoom: Disposable | undefined
  #stuck: Timer | undefined

  constructor(socket: Socket, options: InboundOptions) {
    this.#socket = socket
    this.#options = options
    this.#splitter = new FrameSplitter(options.frameBytesMax)
    socket.on('data', (piece: Buffer) => {
      options.onBytes(piece.length)
      this.#receive(piece)
    })
    socket.on('end', () => this.end())
    // What came before a proper end is still done: a producer may have asked for no answer. Who breaks off wants nothing more.
    socket.on('close', (hadError) => (hadError ? this.drop() : this.end()))
  }

  set frameBytesMax(bytes: number) {
    this.#splitter.frameBytesMax = bytes
  }

  /** While nobody takes frames on purpose little is read ahead, and nothing counts as stuck. */
  set isMuted(isMuted: boolean) {
    this.#isMuted = isMuted
    this.#watch(false)
    if (!isMuted) this.#watch(this.#splitter.isInside)
    this.#readOrWait()
  }

  /**
   * The next frame, whose bytes (`costOf`) stay taken from the share; undefined at the end.
   * @throws ProtocolError after the frames that came before the fault
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame) return frame
      if (this.#failure) throw this.#failure
      const piece = this.#pieces.shift()
      if (piece) this.#split(piece)
      else if (this.#isEnded) return undefined
      else {
        this.#watch(this.#splitter.isInside)
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    }
  }

  /** No more frames than those that are here. */
  end(): void {
    this.#isEnded = true
    this.#stuck?.cancel()
    this.#waitsForRoom?.[Symbol.dispose]()
    this.#wake()
  }

  /** Not even those that are here. */
  drop(): void {
    this.#frames.length = 0
    this.#pieces.length = 0
    this.#pieceBytes = 0
    this.end()
  }

  get #isFull(): boolean {
    const bytesMax = this.#isMuted ? Math.min(mutedBytesMax, this.#options.bytesMax) : this.#options.bytesMax
    return this.#pieceBytes >= bytesMax || this.#pieces.length >= piecesMax
  }

  #receive(piece: Uint8Array): void {
    if (this.#isEnded || this.#failure) return
    this.#options.share.take(piece.length)
    this.#pieces.push(piece)
    this.#pieceBytes += piece.length
    this.#wake()
    this.#readOrWait()
  }

  #split(piece: Uint8Array): void {
    this.#pieceBytes -= piece.length
    try {
      this.#frames.push(...this.#splitter.push(piece))
    } catch (thrown) {
      this.#failure = thrown
    }
    if (this.#frames.length > 0) this.#watch(false)
    this.#readOrWait()
  }

  #readOrWait(): void {
    const { share } = this.#options
    this.#waitsForRoom?.[Symbol.dispose]()
    this.#waitsForRoom = undefined
    if (this.#isEnded) return
    if (this.#isFull || this.#failure) this.#pause()
    else if (!share.hasRoom) {
      this.#pause()
      this.#waitsForRoom = share.onRoom(() => this.#readOrWait())
    } else if (this.#socket.isPaused()) {
      this.#watch(this.#splitter.isInside)
      this.#socket.resume()
    }
  }

  #pause(): void {
    this.#socket.pause()
    this.#watch(true)
  }

  /** Nobody sees a client leave, or die, behind a socket that isn't read; and half a frame mustn't be held for ever. */
  #watch(on: boolean): void {
    if (on && (this.#stuck || this.#isMuted)) return
    this.#stuck?.cancel()
    this.#stuck = on ? this.#options.clock.after(this.#options.frameTimeoutMs, this.#options.onStuck) : undefined
  }
}

/** What a frame has taken from the share. */
export const costOf = (frame: Uint8Array): number => frame.length + framePrefixBytes
