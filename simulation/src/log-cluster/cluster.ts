import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ServerProcess, startServer } from '@koine/server/testing'
import { Kafka, logLevel } from 'kafkajs'
import { chance } from './recorder.ts'

/** Of every client: so short that a frozen server is given up on. */
export const requestTimeoutMs = 1_500

/** Everything happens in this tenant's cluster: clients that don't authenticate are in it, too. */
const tenant = 'acme'

/** The real program over one directory and behind one port, however often it is killed. */
export class Cluster implements AsyncDisposable {
  readonly port: number
  /** What the program did that nobody has asked for. */
  readonly surprises: string[] = []
  kills = 0
  freezes = 0
  readonly #dataDir: string
  #server: ServerProcess | undefined
  #apiKey: { readonly id: string; readonly secret: string } | undefined

  private constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir
    this.port = port
  }

  static async open(dataDir: string): Promise<Cluster> {
    const cluster = new Cluster(dataDir, await unusedPort())
    process.once('exit', cluster.#leaveNobody)
    await cluster.#start()
    return cluster
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`
  }

  kafka(clientId: string): Kafka {
    const { id, secret } = this.#apiKey!
    return new Kafka({
      clientId,
      brokers: [this.bootstrap],
      sasl: { mechanism: 'plain', username: id, password: secret },
      logLevel: logLevel.NOTHING,
      connectionTimeout: requestTimeoutMs,
      authenticationTimeout: 2 * requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      retry: { initialRetryTime: 100, maxRetryTime: 800, retries: 7 },
    })
  }

  /** `kill -9`, and a new process over what is left; sometimes that one is killed, too, before it is ready. */
  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.kills++
    await server?.kill()
    if (chance(0.25)) await this.#startInVain()
    await this.#start()
  }

  /** The process stands still, with all its connections open, and then goes on as if nothing had been. */
  async freeze(ms: number): Promise<void> {
    const server = this.#server
    if (!server) return
    this.freezes++
    process.kill(server.pid, 'SIGSTOP')
    await sleep(ms)
    if (this.#server === server) process.kill(server.pid, 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server
    this.#server = undefined
    await server?.[Symbol.asyncDispose]()
    process.off('exit', this.#leaveNobody)
  }

  /** Should a client take this process down, the server, which may be frozen, is not to stay behind. */
  readonly #leaveNobody = (): void => {
    if (this.#server) process.kill(this.#server.pid, 'SIGKILL')
  }

  async #start(): Promise<void> {
    const server = await this.#spawn(60_000)
    this.#server = server
    this.#apiKey = server.demo.tenants.find(({ name }) => name === tenant)!.apiKey
    void server.exited.then(async (code) => {
      if (this.#server !== server) return
      this.#server = undefined
      this.surprises.push(`the server ended by itself with ${code ?? 'a signal'}`)
      await this.#start()
    })
  }

  async #startInVain(): Promise<void> {
    try {
      const server = await this.#spawn(200 + Math.random() * 800)
      await server.kill()
    } catch (thrown) {
      if (!String(thrown).includes('was not ready')) throw thrown
      // It is killed and perhaps not yet gone.
      await sleep(500)
    }
    this.kills++
  }

  #spawn(readyWithinMs: number): Promise<ServerProcess> {
    const flags = [`--kafka-port=${this.port}`, `--kafka-anonymous-tenant=${tenant}`]
    return startServer({ dataDir: this.#dataDir, flags, readyWithinMs })
  }
}

/**
 * Below the range from which systems take the ports of outgoing connections: nobody takes it while the server is down, and
 * no client that tries to connect meanwhile is given it as its own and connects to itself.
 */
async function unusedPort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const probe = createServer()
    probe.listen(port, '127.0.0.1')
    const isFree = await Promise.race([
      once(probe, 'listening').then(() => true),
      new Promise<boolean>((resolve) => probe.once('error', () => resolve(false))),
    ]).catch(() => false)
    if (!isFree) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
  throw new Error('No port is free between 20000 and 30000')
}
