import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly id: string
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

type Answer = (received: Received, response: ServerResponse) => void

/**
 * A tenant's endpoint: it verifies signatures as the specification tells receivers to, and answers as a test wishes
 * (204 when nothing is wished).
 */
export class WebhookReceiver implements AsyncDisposable {
  readonly received: Received[] = []
  /** Deliveries that it would refuse, by reason. */
  readonly refused: string[] = []
  answer: Answer = (_received, response) => response.writeHead(204).end()
  readonly #server: Server
  #secrets: string[] = []

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<WebhookReceiver> {
    const server = createServer()
    const receiver = new WebhookReceiver(server)
    server.on('request', (request, response) => receiver.#take(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  trust(...secrets: string[]): void {
    this.#secrets = secrets
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const received = { id: String(request.headers['webhook-id']), body, headers: request.headers }
      if (this.#secrets.length > 0 && !this.#verifies(received)) {
        this.refused.push(`signature of ${received.id}`)
        response.writeHead(401).end()
        return
      }
      this.received.push(received)
      this.answer(received, response)
    })
  }

  /** Any of the signatures under any of the trusted secrets, over what came and not over what was meant. */
  #verifies({ id, body, headers }: Received): boolean {
    const timestamp = String(headers['webhook-timestamp'])
    const signatures = String(headers['webhook-signature']).split(' ')
    return this.#secrets.some((secret) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
      const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
      return signatures.some((signature) => {
        const [version, text = ''] = signature.split(',')
        const given = Buffer.from(text, 'base64')
        return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
      })
    })
  }
}
