import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@koine/base'
import { jwtVerify } from 'jose'

interface FcmMessage {
  readonly token: string
  readonly notification: { title?: string; body: string }
  readonly data: Record<string, string>
  readonly android: { collapse_key: string; priority: string; ttl: string; notification: { tag: string } }
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

const hourMs = 3_600_000

/** Google's token endpoint and FCM's HTTP v1 API: what they check, and how they refuse. */
export class FcmService implements AsyncDisposable {
  readonly messages: FcmMessage[] = []
  /** What is answered for a registration token instead of taking the message. */
  readonly refusals = new Map<string, Answer>()
  tokenRefusal: Answer | undefined
  tokensGranted = 0
  readonly #server: Server
  readonly #clock: Clock
  readonly #accounts = new Map<string, KeyObject>()
  readonly #tokens = new Map<string, number>()

  private constructor(server: Server, clock: Clock) {
    this.#server = server
    this.#clock = clock
  }

  static async open(clock: Clock): Promise<FcmService> {
    const server = createServer()
    const service = new FcmService(server, clock)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        void service.#take(request, Buffer.concat(chunks).toString('utf8')).then(({ status, body, headers = {} }) => {
          response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get origins(): { api: string; token: string } {
    const origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return { api: origin, token: `${origin}/token` }
  }

  /** The JSON key file of a service account. */
  issue(projectId = 'acme-chat'): string {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const email = `push@${projectId}.iam.gserviceaccount.com`
    this.#accounts.set(email, publicKey)
    return JSON.stringify({
      type: 'service_account',
      project_id: projectId,
      client_email: email,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: 'http://169.254.169.254/token',
    })
  }

  revokeTokens(): void {
    this.#tokens.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take({ url, headers }: IncomingMessage, body: string): Promise<Answer> {
    if (url === '/token') return this.tokenRefusal ?? this.#grant(new URLSearchParams(body))
    const endMs = this.#tokens.get((headers.authorization ?? '').replace(/^Bearer /, ''))
    if (endMs === undefined || endMs < this.#clock.now()) return refusalOf(401, 'UNAUTHENTICATED')
    if (url !== '/v1/projects/acme-chat/messages:send') return refusalOf(404, 'NOT_FOUND')
    const { message } = JSON.parse(body) as { message: FcmMessage }
    if (!Object.values(message.data).every((value) => typeof value === 'string'))
      return refusalOf(400, 'INVALID_ARGUMENT')
    const refusal = this.refusals.get(message.token)
    if (!refusal) this.messages.push(message)
    return refusal ?? { status: 200, body: { name: `projects/acme-chat/messages/${this.messages.length}` } }
  }

  async #grant(form: URLSearchParams): Promise<Answer> {
    const assertion = form.get('assertion') ?? ''
    const isAssertion = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const { iss } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? 'e30', 'base64url').toString()) as {
      iss?: string
    }
    const key = this.#accounts.get(iss ?? '')
    if (!isAssertion || !key) return { status: 400, body: { error: 'invalid_grant' } }
    try {
      const { payload } = await jwtVerify(assertion, key, {
        algorithms: ['RS256'],
        audience: this.origins.token,
        currentDate: new Date(this.#clock.now()),
        maxTokenAge: '1h',
      })
      if (payload['scope'] !== 'https://www.googleapis.com/auth/firebase.messaging') throw new Error('scope')
    } catch {
      return { status: 400, body: { error: 'invalid_grant' } }
    }
    const token = `ya29.${++this.tokensGranted}`
    this.#tokens.set(token, this.#clock.now() + hourMs)
    return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } }
  }
}

/** As Google's APIs refuse: a canonical status, and FCM's own code in the details. */
export const refusalOf = (
  status: number,
  canonical: string,
  { code, field, headers }: { code?: string; field?: string; headers?: Record<string, string> } = {},
): Answer => ({
  status,
  body: {
    error: {
      code: status,
      message: 'Refused.',
      status: canonical,
      details: [
        ...(code ? [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: code }] : []),
        ...(field ? [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field }] }] : []),
      ],
    },
  },
  ...(headers && { headers }),
})
