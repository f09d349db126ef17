/**
 * How far this client has everything of its user's change log, as the server last said. Without one, or when the log no
 * longer reaches back that far, positions tell what is held.
 */
export class Cursor {
  #text: string | undefined

  /** What is held, for `catchUp`. */
  held(positions: () => Record<string, number>): { cursor: string } | { held: Record<string, number> } {
    return this.#text === undefined ? { held: positions() } : { cursor: this.#text }
  }

  /** The same for `connect`. */
  resume(positions: () => Record<string, number>): { cursor: string } | { resume: Record<string, number> } {
    return this.#text === undefined ? { resume: positions() } : { cursor: this.#text }
  }

  /** Takes over what a `caughtUp` frame says. @returns whether positions have to be asked with now */
  take({ cursor, reset = false }: { readonly cursor?: string; readonly reset?: boolean }): boolean {
    // A cursor that comes with a reset is the log's end, and what lies before it is yet to be asked for.
    if (reset) this.#text = undefined
    else if (cursor !== undefined) this.#text = cursor
    return reset
  }

  /** Takes over what a `cursor` frame says; behind a reset it says nothing of what lies before it. */
  move(cursor: string): void {
    if (this.#text !== undefined) this.#text = cursor
  }
}
