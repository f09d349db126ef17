/** Runs tasks of one conversation one after another, in the order of the calls, and those of different ones side by side. */
export class ConversationLanes {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<T>(conversationId: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(conversationId)
    // A failure is for the caller of that task; the next one runs all the same.
    const mine = before === undefined ? task() : before.then(task, task)
    this.#last.set(conversationId, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(conversationId) === mine) this.#last.delete(conversationId)
    }
  }
}
