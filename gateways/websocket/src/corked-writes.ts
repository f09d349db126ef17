import type { Duplex } from 'node:stream'

/**
 * Gathers what one turn of the event loop writes to a socket into one system call. A socket is corked with its first
 * write and uncorked, with all others, in one callback after the turn's input was handled: no timer or closure a socket.
 */
export class CorkedWrites {
  #corked: Duplex[] = []
  readonly #uncorkAll = (): void => {
    const sockets = this.#corked
    this.#corked = []
    for (const socket of sockets) socket.uncork()
  }

  write(socket: Duplex, bytes: Buffer): void {
    if (socket.writableCorked === 0) {
      socket.cork()
      if (this.#corked.push(socket) === 1) setImmediate(this.#uncorkAll)
    }
    // What fills the socket's buffer is worth a system call now; a busy turn would pile it up, and the client look slow.
    if (!socket.write(bytes)) socket.uncork()
  }
}
