/**
 * A WebSocket that gives up as soon as the browser says that the network is gone, instead of waiting for an answer that
 * can't come. Whether the server is really out of reach the next attempt tells: one on this device still answers.
 */
export class PageSocket extends WebSocket {
  #closed = false

  constructor(url: string) {
    super(url)
    const giveUp = (): void => this.#giveUp()
    addEventListener('offline', giveUp)
    this.addEventListener('close', (event) => {
      removeEventListener('offline', giveUp)
      // It was told already: the end of a socket that was given up comes a second time.
      if (this.#closed) event.stopImmediatePropagation()
      this.#closed = true
    })
  }

  /** Tells of the end at once: the closing handshake would wait for the other side. */
  #giveUp(): void {
    this.close()
    this.dispatchEvent(new CloseEvent('close', { code: 1006 }))
  }
}
