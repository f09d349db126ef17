import { once } from 'node:events'
import type { ClientFrame, ServerFrame } from '@koine/protocols-realtime'
import { WebSocket } from 'ws'
import type { ServerProcess } from './server-process.ts'

/** A bare connection that speaks frames: the SDK's care (queue, order, gaps) would be measured with it otherwise. */
export class RealtimeConnection {
  readonly #socket: WebSocket
  /** The code with which the connection ended. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket, onFrame: (frame: ServerFrame) => void) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('message', (data: Buffer) => onFrame(JSON.parse(data.toString('utf8')) as ServerFrame))
  }

  /** Resolves when the server has accepted the token. */
  static async open(
    server: ServerProcess,
    token: string,
    onFrame: (frame: ServerFrame) => void,
  ): Promise<RealtimeConnection> {
    const socket = new WebSocket(`${server.http.replace('http', 'ws')}/v1/realtime`, { perMessageDeflate: false })
    const connected = Promise.withResolvers<void>()
    socket.once('close', (code) => connected.reject(new Error(`The server closed the connection with ${code}`)))
    const connection = new RealtimeConnection(socket, (frame) => {
      if (frame.type === 'connected') connected.resolve()
      else onFrame(frame)
    })
    await once(socket, 'open')
    connection.send({ type: 'connect', token })
    await connected.promise
    return connection
  }

  send(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  close(): void {
    this.#socket.terminate()
  }
}
