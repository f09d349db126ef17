import { type Calls, ConnectionLost } from './calls.ts'

interface Mark {
  readonly seq: number
  /** All who asked for this position or an earlier one. */
  readonly outcome: Promise<number>
  readonly settle: readonly {
    readonly resolve: (readSeq: number) => void
    readonly reject: (error: unknown) => void
  }[]
}

/** Read positions on their way out. Only the highest of a conversation counts, so that at most one waits for each. */
export class ReadMarks {
  readonly #calls: Calls
  readonly #waiting = new Map<string, Mark>()
  readonly #running = new Set<string>()
  #abandoned: { readonly error: unknown } | undefined

  constructor(calls: Calls) {
    this.#calls = calls
  }

  /** Resolves with the position that holds, which may be higher. */
  mark(conversationId: string, seq: number): Promise<number> {
    const waiting = this.#waiting.get(conversationId) ?? newMark()
    this.#waiting.set(conversationId, { ...waiting, seq: Math.max(seq, waiting.seq) })
    void this.#run(conversationId)
    return waiting.outcome
  }

  /** There is a connection again. */
  resume(): void {
    this.#abandoned = undefined
    for (const conversationId of this.#waiting.keys()) void this.#run(conversationId)
  }

  /** Gives up on everything that waits. */
  abandon(error: unknown): void {
    this.#abandoned = { error }
    const marks = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { settle } of marks) for (const { reject } of settle) reject(error)
  }

  async #run(conversationId: string): Promise<void> {
    if (this.#running.has(conversationId)) return
    this.#running.add(conversationId)
    for (let mark = this.#next(conversationId); mark; mark = this.#next(conversationId)) {
      this.#waiting.delete(conversationId)
      await this.#send(conversationId, mark)
    }
    this.#running.delete(conversationId)
  }

  #next(conversationId: string): Mark | undefined {
    return this.#calls.isOpen ? this.#waiting.get(conversationId) : undefined
  }

  async #send(conversationId: string, mark: Mark): Promise<void> {
    try {
      const { seq } = await this.#calls.make('read', { conversationId, seq: mark.seq })
      for (const { resolve } of mark.settle) resolve(seq)
    } catch (thrown) {
      if (thrown instanceof ConnectionLost && !this.#abandoned) this.#putBack(conversationId, mark)
      else for (const { reject } of mark.settle) reject(this.#abandoned ? this.#abandoned.error : thrown)
    }
  }

  /** Safe to repeat: it waits for the next connection, together with what was asked for since. */
  #putBack(conversationId: string, mark: Mark): void {
    const later = this.#waiting.get(conversationId)
    const merged = later && { ...later, seq: Math.max(mark.seq, later.seq), settle: [...mark.settle, ...later.settle] }
    this.#waiting.set(conversationId, merged ?? mark)
  }
}

function newMark(): Mark {
  const settle: { resolve: (readSeq: number) => void; reject: (error: unknown) => void }[] = []
  const outcome = new Promise<number>((resolve, reject) => settle.push({ resolve, reject }))
  return { seq: 0, outcome, settle }
}
