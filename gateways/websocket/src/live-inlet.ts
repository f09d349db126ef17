import type { UserId } from '@koine/base'
import { type Held, HeldBack } from './held-back.ts'
import type { ToldEvent } from './live-frames.ts'
import { OwnSends } from './own-sends.ts'

/** Where live events come in for one connection: what of them it needs, and when. */
export class LiveInlet {
  #heldBack: HeldBack | undefined
  #ownSends: OwnSends | undefined

  get ownSends(): OwnSends {
    return (this.#ownSends ??= new OwnSends())
  }

  get isHoldingBack(): boolean {
    return this.#heldBack !== undefined
  }

  /** From now on events wait; false when they do already. */
  holdBack(bytesMax: number): boolean {
    if (this.#heldBack) return false
    this.#heldBack = new HeldBack(bytesMax)
    return true
  }

  /**
   * Events come through again.
   * @param reached what the client was given meanwhile, by conversation
   * @returns what waited, without those
   */
  letGo(reached: ReadonlyMap<string, number>): Iterable<Held> {
    const heldBack = this.#heldBack
    this.#heldBack = undefined
    return heldBack ? heldBack.beyond(reached) : []
  }

  /** What to do with an event: write it now, nothing (it waits, or the client has it), or give up on a slow client. */
  take(event: ToldEvent, frame: Buffer, userId: UserId): 'write' | 'nothing' | 'tooMuch' {
    const isOwn = event.type === 'message' && event.message.senderId === userId
    if (isOwn && this.#ownSends?.swallows(event.message, frame)) return 'nothing'
    if (!this.#heldBack) return 'write'
    return this.#heldBack.add(event, frame) ? 'nothing' : 'tooMuch'
  }
}
