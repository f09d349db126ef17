import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FlakyProxy extends AsyncDisposable {
  readonly endpoint: string
  /** Carries out this many more calls of the operation without passing the answer on: the connection breaks instead. */
  swallowAnswers(operation: string, count: number): void
  /** How often the operation was carried out. */
  callsOf(operation: string): number
}

/** Stands before a DynamoDB-API server and loses answers, as a network does. */
export async function startFlakyProxy(target: string): Promise<FlakyProxy> {
  const swallowing = new Map<string, number>()
  const calls = new Map<string, number>()
  const server = createServer((incoming, outgoing) => {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? ''
    calls.set(operation, (calls.get(operation) ?? 0) + 1)
    const left = swallowing.get(operation) ?? 0
    swallowing.set(operation, left - 1)
    const { method, headers, url } = incoming
    const forwarded = request(new URL(url ?? '/', target), { method, headers }, (answer: IncomingMessage) => {
      if (left > 0) {
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => incoming.socket.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallowAnswers: (operation, count) => void swallowing.set(operation, count),
    callsOf: (operation) => calls.get(operation) ?? 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
