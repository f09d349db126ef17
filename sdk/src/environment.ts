/** What a client takes from the world around it: all of it can be replaced, so that a test can hold the strings. */
export interface Environment {
  /** Runs `action` once after `delayMs`. */
  after(delayMs: number, action: () => void): { cancel(): void }
  /** A number in [0, 1). */
  fraction(): number
  /** A class with the standard WebSocket interface; the global one when not given. Node 20 has none: pass that of `ws`. */
  readonly webSocket: WebSocketClass
}

// The standard's own types differ between browsers, Node and packages: what is used of them is `StandardSocket`.
export type WebSocketClass = new (url: string) => object

/** What is used of a WebSocket (https://websockets.spec.whatwg.org). */
export interface StandardSocket {
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
  send(text: string): void
  close(): void
}

export function environmentOf(given: Partial<Environment>): Environment {
  return {
    after: given.after ?? afterTimeout,
    fraction: given.fraction ?? Math.random,
    webSocket: given.webSocket ?? globalWebSocket(),
  }
}

function afterTimeout(delayMs: number, action: () => void): { cancel(): void } {
  const handle = setTimeout(action, delayMs)
  return { cancel: () => clearTimeout(handle) }
}

function globalWebSocket(): WebSocketClass {
  const found = (globalThis as { WebSocket?: WebSocketClass }).WebSocket
  if (found) return found
  throw new TypeError('There is no global WebSocket here: pass a class as `webSocket`, such as that of the package ws.')
}
