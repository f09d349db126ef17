import type { Socket } from 'node:net'
import {
  type Api,
  type Encodable,
  type Field,
  Reader,
  readResponseHeader,
  saslAuthenticate,
  saslHandshake,
  writeRequestHeader,
  Writer,
} from '@koine/protocols-kafka'

/** Says who it is with an API key, on a connection that nobody else reads yet. @throws Error when it is refused */
export async function authenticate(
  socket: Socket,
  { id, secret }: { readonly id: string; readonly secret: string },
): Promise<void> {
  await ask(socket, saslHandshake, { mechanism: 'PLAIN' })
  const reader = await ask(socket, saslAuthenticate, { authBytes: Buffer.from(`\0${id}\0${secret}`) })
  const { errorCode } = saslAuthenticate.response.decode(reader, 1)
  if (errorCode !== 0) throw new Error(`SASL answered ${errorCode}`)
}

async function ask<Q extends readonly Field[], S extends readonly Field[]>(
  socket: Socket,
  api: Api<Q, S>,
  request: Encodable<Q>,
): Promise<Reader> {
  const writer = new Writer()
  writeRequestHeader(writer, api, { apiKey: api.key, apiVersion: 1, correlationId: 1, clientId: 'load' })
  api.request.encode(writer, 1, request)
  for (const part of writer.finishFrame()) socket.write(part)
  const reader = new Reader(await nextFrame(socket))
  readResponseHeader(reader, api, 1)
  return reader
}

function nextFrame(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const onData = (piece: Buffer): void => {
      received = Buffer.concat([received, piece])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      stop()
      resolve(received.subarray(4))
    }
    const onEnd = (): void => {
      stop()
      reject(new Error('The server closed the connection'))
    }
    const stop = (): void => void socket.off('data', onData).off('close', onEnd).off('error', onEnd)
    socket.on('data', onData).on('close', onEnd).on('error', onEnd)
  })
}
