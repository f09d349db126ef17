import { closeCodes } from '@koine/protocols-realtime'
import { type RawData, WebSocket } from 'ws'
import type { Connection } from './connection.ts'

const messageTooBig = 1009

/**
 * A WebSocket that knows its connection. Its listeners are functions of the module that find the connection through
 * `this`: a connection costs no closure.
 */
export class RealtimeSocket extends WebSocket {
  connection: Connection | undefined

  /** `ws` closes a frame over the limit with RFC 6455's own code, which doesn't say whether to reconnect. */
  override close(code?: number, reason?: string | Buffer): void {
    if (code === messageTooBig) super.close(closeCodes.frameTooLarge.code, closeCodes.frameTooLarge.reason)
    else super.close(code, reason)
  }
}

export function bind(socket: RealtimeSocket, connection: Connection): void {
  socket.connection = connection
  socket.on('message', onMessage)
  socket.on('pong', onSignOfLife)
  socket.on('ping', onSignOfLife)
  socket.on('error', onError)
  socket.on('close', onClose)
}

const connectionOf = (socket: WebSocket): Connection | undefined => (socket as RealtimeSocket).connection

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  connectionOf(this)?.receive(data as Buffer, isBinary)
}

function onSignOfLife(this: WebSocket): void {
  connectionOf(this)?.seen()
}

/** A broken frame, invalid UTF-8 (1007), a frame too large, or the network: `ws` has begun to close by itself. */
function onError(this: WebSocket, error: Error): void {
  connectionOf(this)?.failed(error)
}

function onClose(this: WebSocket): void {
  connectionOf(this)?.gone()
}
