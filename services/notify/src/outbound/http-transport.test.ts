import assert from 'node:assert/strict'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { systemClock } from '@koine/base'
import { until } from '@koine/base/testing'
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts'
import type { ResolvedAddress } from './name-lookup.ts'
import { type FailureReason, OutboundFailure, type OutboundRequest } from './transport.ts'

/** A server on a port of its own, and its connections. */
class Listening implements AsyncDisposable {
  readonly sockets = new Set<Socket>()
  readonly #server: Server
  connections = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.connections++
      this.sockets.add(socket)
      socket.on('error', () => {}) // The client gave up, as it should.
      socket.on('close', () => this.sockets.delete(socket))
    })
  }

  static async open(server: Server): Promise<Listening> {
    const listening = new Listening(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return listening
  }

  static http = (listener: RequestListener): Promise<Listening> => Listening.open(createHttpServer(listener))

  /** Answers every connection with these bytes, and whatever else is done with it. */
  static raw = (bytes: string, then: (socket: Socket) => void = () => {}): Promise<Listening> =>
    Listening.open(
      createTcpServer((socket) => {
        socket.once('data', () => {
          socket.write(bytes)
          then(socket)
        })
      }),
    )

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  request(path = '/', host = '127.0.0.1'): OutboundRequest {
    return {
      url: new URL(`http://${host}:${this.port}${path}`),
      method: 'POST',
      headers: { 'x-a': 'b' },
      body: Buffer.from('hi'),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const short = { connectMs: 200, headersMs: 200, bodyMs: 200 }
const open = (options: Partial<HttpTransportOptions> = {}): HttpTransport =>
  new HttpTransport({ clock: systemClock, allowPrivateAddresses: true, timeouts: short, ...options })

const because = (reason: FailureReason) => (error: unknown) =>
  error instanceof OutboundFailure && (assert.equal(error.reason, reason), true)

const loopback: ResolvedAddress = { address: '127.0.0.1', family: 4 }

suite('answers', () => {
  test('a request is answered with status, headers and body', async () => {
    await using server = await Listening.http((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => response.writeHead(201, { 'x-c': 'd' }).end(`${String(request.headers['x-a'])} ${body}`))
    })
    await using transport = open()
    const { headers, body, ...rest } = await transport.send(server.request())
    assert.deepEqual(rest, { status: 201, complete: true })
    assert.equal(headers['x-c'], 'd')
    assert.equal(Buffer.from(body).toString(), 'b hi')
  })

  test('connections are kept and used again', async () => {
    await using server = await Listening.http((_request, response) => response.end('ok'))
    await using transport = open()
    for (let i = 0; i < 5; i++) await transport.send(server.request())
    assert.equal(server.connections, 1)
  })

  test('a kept connection that the peer closed meanwhile is replaced', async () => {
    let requests = 0
    await using server = await Listening.http((request, response) => {
      // The second request on a connection is met by its end.
      if (++requests === 2) request.socket.destroy()
      else response.end('ok')
    })
    await using transport = open()
    await transport.send(server.request())
    assert.equal((await transport.send(server.request())).status, 200)
    assert.equal(server.connections, 2)
  })

  test('a redirect is an answer and is not followed', async () => {
    const paths: string[] = []
    await using server = await Listening.http((request, response) => {
      paths.push(request.url!)
      response.writeHead(302, { location: '/inside' }).end()
    })
    await using transport = open()
    assert.equal((await transport.send(server.request('/hook'))).status, 302)
    assert.deepEqual(paths, ['/hook'])
  })

  test('of a huge body the beginning is taken, and the connection is closed', async () => {
    await using server = await Listening.http((_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(64 * 1024, 'x'))) if (response.destroyed) return
        response.once('drain', more)
      }
      response.on('error', () => {}) // It was cut off, as it should be.
      more()
    })
    await using transport = open({ bodyBytesMax: 1000 })
    const { status, body, complete } = await transport.send(server.request())
    assert.deepEqual([status, body.length, complete], [200, 1000, false])
    await until('the connection is closed', () => server.sockets.size === 0)
  })

  test('a body that drips is taken as far as it came in time', async () => {
    await using server = await Listening.raw('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nab', (socket) => {
      const drip = setInterval(() => socket.write('c'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    await using transport = open()
    const { status, body, complete } = await transport.send(server.request())
    assert.deepEqual([status, complete], [200, false])
    assert.match(Buffer.from(body).toString(), /^abc*$/)
    await until('the connection is closed', () => server.sockets.size === 0)
  })

  test('a body that breaks off is taken as far as it came', async () => {
    await using server = await Listening.raw('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nab', (socket) =>
      socket.end(),
    )
    await using transport = open()
    const { status, body, complete } = await transport.send(server.request())
    assert.deepEqual([status, Buffer.from(body).toString(), complete], [200, 'ab', false])
  })
})

suite('failures', () => {
  const cases: [string, FailureReason, () => Promise<Listening>][] = [
    ['hangs', 'response-timeout', () => Listening.http(() => {})],
    [
      'drips its headers',
      'response-timeout',
      () =>
        Listening.raw('HTTP/1.1 200 OK\r\n', (socket) => {
          const drip = setInterval(() => socket.write('x-a: b\r\n'), 20)
          socket.on('close', () => clearInterval(drip))
        }),
    ],
    [
      'sends only interim answers',
      'response-timeout',
      () => Listening.raw('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)),
    ],
    ['sends garbage', 'invalid-response', () => Listening.raw('\u0000\u0001 what\r\n\r\n')],
    ['speaks another protocol', 'invalid-response', () => Listening.raw('220 mail.example.com ESMTP\r\n')],
    [
      'sends endless headers',
      'invalid-response',
      () => Listening.raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
    ],
    ['closes without a word', 'connection-lost', () => Listening.raw('', (socket) => socket.end())],
    ['resets', 'connection-lost', () => Listening.raw('', (socket) => socket.resetAndDestroy())],
  ]
  for (const [what, reason, server] of cases) {
    test(`a peer that ${what}: ${reason}`, async () => {
      await using listening = await server()
      await using transport = open()
      await assert.rejects(transport.send(listening.request()), because(reason))
      await until('the connection is closed', () => listening.sockets.size === 0)
    })
  }

  test('a peer that never reads: response-timeout', async () => {
    await using listening = await Listening.open(createTcpServer((socket) => void socket.pause()))
    await using transport = open()
    const body = Buffer.alloc(16 * 1024 * 1024)
    await assert.rejects(transport.send({ ...listening.request(), body }), because('response-timeout'))
  })

  test('nobody listens: connect-failed', async () => {
    const listening = await Listening.http(() => {})
    const request = listening.request()
    await listening[Symbol.asyncDispose]()
    await using transport = open()
    await assert.rejects(transport.send(request), because('connect-failed'))
  })

  test('a name that is never resolved: connect-timeout', async () => {
    await using listening = await Listening.http(() => {})
    await using transport = open({ resolve: () => new Promise(() => {}) })
    await assert.rejects(transport.send(listening.request('/', 'hooks.example.com')), because('connect-timeout'))
  })

  test('a name that isn’t there: name-not-found', async () => {
    await using listening = await Listening.http(() => {})
    for (const resolve of [async () => [], () => Promise.reject(new Error('ENOTFOUND'))]) {
      await using transport = open({ resolve })
      await assert.rejects(transport.send(listening.request('/', 'hooks.example.com')), because('name-not-found'))
    }
  })

  test('a request that is given up ends at once', async () => {
    await using listening = await Listening.http(() => {})
    await using transport = open({ timeouts: { ...short, headersMs: 60_000 } })
    const stop = new AbortController()
    const sent = transport.send({ ...listening.request(), signal: stop.signal })
    await until('it has arrived', () => listening.connections === 1)
    stop.abort()
    await assert.rejects(sent, because('connection-lost'))
  })
})

suite('addresses of the inside', () => {
  const guarded = (...addresses: string[]): Partial<HttpTransportOptions> => ({
    allowPrivateAddresses: false,
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  })

  test('are refused where the URL names them, without a connection', async () => {
    await using server = await Listening.http((_request, response) => response.end())
    await using transport = open({ allowPrivateAddresses: false })
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]', '[::1]', '0.0.0.0']) {
      await assert.rejects(transport.send(server.request('/', host)), because('address-refused'), host)
    }
    assert.equal(server.connections, 0)
  })

  test('are refused where a name leads to them, even as one among others', async () => {
    await using server = await Listening.http((_request, response) => response.end())
    for (const addresses of [['127.0.0.1'], ['93.184.215.14', '10.0.0.1'], ['::1'], ['::ffff:169.254.169.254']]) {
      await using transport = open(guarded(...addresses))
      const sent = transport.send(server.request('/', 'hooks.example.com'))
      await assert.rejects(sent, because('address-refused'), addresses.join())
    }
    assert.equal(server.connections, 0)
  })

  test('a name is resolved once for a connection, which goes to the address that was judged', async () => {
    await using server = await Listening.http((_request, response) => response.end())
    let asked = 0
    const resolve = async (): Promise<ResolvedAddress[]> =>
      asked++ === 0 ? [loopback] : [{ address: '192.0.2.1', family: 4 }]
    await using transport = open({ resolve })
    assert.equal((await transport.send(server.request('/', 'hooks.example.com'))).status, 200)
    assert.equal((await transport.send(server.request('/', 'hooks.example.com'))).status, 200)
    assert.deepEqual([asked, server.connections], [1, 1])
  })

  test('a name that turns inside after its first connection is refused at the next', async () => {
    await using server = await Listening.http((_request, response) =>
      response.writeHead(200, { connection: 'close' }).end(),
    )
    let asked = 0
    const resolve = async (): Promise<ResolvedAddress[]> => [
      { address: asked++ === 0 ? '93.184.215.14' : '127.0.0.1', family: 4 },
    ]
    await using transport = open({ allowPrivateAddresses: false, resolve })
    // The first address is outside: whether anybody answers there is no matter here.
    await assert.rejects(transport.send(server.request('/', 'hooks.example.com')), OutboundFailure)
    await assert.rejects(transport.send(server.request('/', 'hooks.example.com')), because('address-refused'))
    assert.equal(server.connections, 0)
  })
})
