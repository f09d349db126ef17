import { WebSocketServer } from 'ws'
import type { RealtimeLimits } from './limits.ts'
import { RealtimeSocket } from './realtime-socket.ts'

export type Handshakes = ReturnType<typeof createHandshakes>

/** What one frame may be made of, so that thousands of tiny parts don't outweigh the bytes that they carry. */
const parts = { maxFragments: 1024, maxBufferedChunks: 8192 }

/** Completes upgrades. It holds no list of clients and no port; compression would cost some 240 KB a connection. */
export function createHandshakes({ frameBytes, closeWithinMs }: RealtimeLimits) {
  // `ws` has these options; its types don't name them yet.
  const unnamed = { ...parts, closeTimeout: closeWithinMs }
  return new WebSocketServer({
    ...unnamed,
    noServer: true,
    clientTracking: false,
    autoPong: true,
    perMessageDeflate: false,
    maxPayload: frameBytes,
    WebSocket: RealtimeSocket,
  })
}
