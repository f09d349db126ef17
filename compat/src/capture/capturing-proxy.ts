import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Reader, readRequestPrefix } from '@koine/protocols-kafka'

export interface CapturedRequest {
  readonly apiKey: number
  readonly version: number
  /** The frame without its length, in hexadecimal. */
  readonly frame: string
}

/** Another address of this machine: a broker at the same port is told from the proxy by it. */
export const proxyHost = '127.0.0.2'

/**
 * Stands between a client and the broker at 127.0.0.1 and its own port, passes everything on, and keeps the first request
 * of each API and version.
 */
export interface CapturingProxy extends AsyncDisposable {
  readonly port: number
  readonly captured: CapturedRequest[]
}

export async function startCapturingProxy(): Promise<CapturingProxy> {
  const captured = new Map<string, CapturedRequest>()
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const broker = connect(portOf(server), '127.0.0.1')
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()) // The other side sees the end.
      socket.on('close', () => {
        client.destroy()
        broker.destroy()
      })
    }
    let held = Buffer.alloc(0)
    client.on('data', (chunk: Buffer) => {
      broker.write(chunk)
      held = Buffer.concat([held, chunk])
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE()) {
        const end = 4 + held.readInt32BE()
        keep(captured, held.subarray(4, end))
        held = held.subarray(end)
      }
    })
    broker.on('data', (chunk: Buffer) => client.write(chunk))
  })
  server.listen(0, proxyHost)
  await once(server, 'listening')
  return {
    port: portOf(server),
    get captured() {
      return [...captured.values()].sort((a, b) => a.apiKey - b.apiKey || a.version - b.version)
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

function keep(captured: Map<string, CapturedRequest>, frame: Uint8Array): void {
  const { apiKey, apiVersion: version } = readRequestPrefix(new Reader(frame))
  const key = `${apiKey} ${version}`
  if (!captured.has(key)) captured.set(key, { apiKey, version, frame: Buffer.from(frame).toString('hex') })
}
