import type { OutboundRequest, OutboundResponse, Transport } from '../outbound/transport.ts'

export type Handler = (request: OutboundRequest) => OutboundResponse | Promise<OutboundResponse>

/** A way out that leads to a function. */
export class TestTransport implements Transport {
  readonly requests: OutboundRequest[] = []
  handler: Handler = () => answer(204)

  send(request: OutboundRequest): Promise<OutboundResponse> {
    this.requests.push(request)
    return (async () => this.handler(request))()
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export const answer = (status: number, body = '', headers: Record<string, string> = {}): OutboundResponse => ({
  status,
  headers,
  body: Buffer.from(body),
  complete: true,
})

export const textOf = (request: OutboundRequest): string => Buffer.from(request.body).toString('utf8')
