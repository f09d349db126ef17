import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface CuttableNetwork extends AsyncDisposable {
  /** Where the far side is reached through this network. */
  readonly url: string
  /** Ends every connection and lets none through until `restore`. */
  cut(): void
  restore(): void
}

/** A TCP proxy in front of `target`: a cable that can be pulled, WebSockets and all. */
export async function cuttableNetwork(target: string): Promise<CuttableNetwork> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let whole = true
  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    // A cut connection resets; that is the point.
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    track(near)
    if (!whole) return near.destroy()
    const far = track(connect(Number(port), hostname))
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    return near.pipe(far).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut() {
      whole = false
      dropAll()
    },
    restore: () => void (whole = true),
    async [Symbol.asyncDispose]() {
      dropAll()
      server.close()
      await once(server, 'close')
    },
  }
}
