import assert from 'node:assert/strict'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '@koine/base/testing'
import type { Health } from '@koine/contract'
import { errorCodes } from '@koine/protocols-kafka'
import { Api, Producing, type ServerProcess, startServer } from './testing/index.ts'
import { FragileDisk, mounting, smallDisk } from './testing/mounted-disk.ts'

const skip = mounting()
const megabyte = 1024 * 1024
/** On a slow machine; what is waited for comes within seconds otherwise. */
const generousMs = 40_000

const portOf = ({ kafka }: ServerProcess): number => Number(kafka.split(':')[1])

/** Two tenants produce, and one of them also sends messages. */
async function startLoad(server: ServerProcess) {
  const [acme, globex] = server.demo.tenants.map(({ apiKey }) => apiKey) as [Credential, Credential]
  const port = portOf(server)
  const producers = [
    await Producing.start({ port, credential: acme, topic: 'large', valueBytes: 2_000 }),
    await Producing.start({ port, credential: globex, topic: 'small', valueBytes: 100 }),
  ]
  const conversation = await Conversation.begin(server)
  return {
    producers,
    conversation,
    each: (act: (producing: Producing) => Promise<unknown>) => Promise.all(producers.map(act)),
    [Symbol.dispose]: () => {
      for (const producing of producers) producing[Symbol.dispose]()
    },
  }
}

interface Credential {
  readonly id: string
  readonly secret: string
}

/** Messages of one user, by HTTP. */
class Conversation {
  readonly sent: string[] = []
  readonly #path: string
  readonly #token: string
  #tried = 0

  private constructor(path: string, token: string) {
    this.#path = path
    this.#token = token
  }

  static async begin(server: ServerProcess): Promise<Conversation> {
    const api = new Api(server)
    const [asha, ben] = [await api.user('Asha'), await api.user('Ben')]
    const id = await api.conversation([asha.id, ben.id])
    return new Conversation(`/v1/conversations/${id}/messages`, asha.token)
  }

  /** @returns the answer's status, and the code of a refusal */
  async send(server: ServerProcess): Promise<{ status: number; code?: string }> {
    const text = `${this.#tried++}`
    const response = await fetch(`${server.http}${this.#path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clientMessageId: text, text }),
    })
    if (response.status === 201) this.sent.push(text)
    const { code } = (await response.json()) as { code?: string }
    return { status: response.status, ...(code !== undefined && { code }) }
  }

  /** Waits until a message is taken. */
  async isTaken(server: ServerProcess): Promise<void> {
    await until('a message is taken', async () => (await this.send(server)).status === 201, generousMs)
  }

  /** Waits until a message isn't taken, which is told as something that may pass: `timeout` where the outcome is unknown. */
  async isRefused(server: ServerProcess): Promise<void> {
    const code = await until('a message is refused', async () => (await this.send(server)).code, generousMs)
    assert.ok(code === 'unavailable' || code === 'timeout', code)
  }

  /** All that was acknowledged is there, in order. */
  async check(server: ServerProcess): Promise<void> {
    const response = await fetch(`${server.http}${this.#path}?limit=100`, {
      headers: { authorization: `Bearer ${this.#token}` },
    })
    assert.equal(response.status, 200)
    const { data } = (await response.json()) as { data: { text: string }[] }
    const there = data.map(({ text }) => text)
    assert.deepEqual(
      there.filter((text) => this.sent.includes(text)),
      this.sent.slice(-100),
    )
  }
}

async function readiness({ http }: ServerProcess): Promise<{ status: number; disk: string }> {
  const response = await fetch(`${http}/readyz`)
  const { checks } = (await response.json()) as Health
  return { status: response.status, disk: checks?.disk ?? '' }
}

const isReady = async (server: ServerProcess): Promise<boolean> => (await readiness(server)).status === 200

async function saysWhatIsWrong(server: ServerProcess, reason: RegExp): Promise<void> {
  await until('it is not ready', async () => !(await isReady(server)), generousMs)
  assert.deepEqual(await readiness(server), { status: 503, disk: 'failing' })
  const response = await fetch(`${server.http}/v1/node/health`, {
    headers: { authorization: `Bearer ${server.demo.adminToken}` },
  })
  const { disk } = (await response.json()) as { disk: { reason: string } }
  assert.match(disk.reason, reason)
}

/** Takes all room there is. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (let bytes = megabyte; bytes > 100;) {
      try {
        writeSync(file, Buffer.alloc(bytes))
      } catch (cause) {
        assert.equal((cause as { code?: string }).code, 'ENOSPC')
        bytes = Math.floor(bytes / 2)
      }
    }
  } finally {
    closeSync(file)
  }
}

test(
  'a full disk: writes are refused for now, reads go on, nothing acknowledged is lost, and room is enough to go on',
  { skip },
  async () => {
    await using disk = smallDisk(40 * megabyte)
    const dataDir = join(disk.path, 'data')
    await using server = await startServer({ dataDir })
    using load = await startLoad(server)
    await load.each((producing) => producing.goesOn())
    await load.conversation.isTaken(server)

    const filler = join(disk.path, 'filler')
    fill(filler)
    await load.each((producing) => producing.isRefused())
    await load.conversation.isRefused(server)
    await saysWhatIsWrong(server, /ENOSPC/)
    await load.each((producing) => producing.check())
    await load.conversation.check(server)
    for (const { refusals } of load.producers) assert.deepEqual([...refusals], [errorCodes.NOT_ENOUGH_REPLICAS])

    rmSync(filler)
    await load.each((producing) => producing.goesOn())
    await load.conversation.isTaken(server)
    await until('it is ready', () => isReady(server), generousMs)
    await load.each((producing) => producing.stop())
    await load.each((producing) => producing.check())
    await load.conversation.check(server)

    await server.kill()
    await using again = await startServer({ dataDir })
    await load.each((producing) => producing.check(portOf(again)))
    await load.conversation.check(again)
  },
)

test(
  'a file system that the kernel makes read-only: writes are refused, records can be read, and all acknowledged is there once it is mended',
  { skip },
  async () => {
    await using disk = new FragileDisk(96 * megabyte)
    const dataDir = join(disk.path, 'data')
    await using server = await startServer({ dataDir })
    using load = await startLoad(server)
    await load.each((producing) => producing.goesOn())
    await load.conversation.isTaken(server)

    disk.breakDown()
    await load.each((producing) => producing.isRefused())
    await load.conversation.isRefused(server)
    await saysWhatIsWrong(server, /EROFS/)
    await load.each((producing) => producing.check())
    for (const { refusals } of load.producers) assert.deepEqual([...refusals], [errorCodes.NOT_ENOUGH_REPLICAS])
    await load.each((producing) => producing.stop())

    await server[Symbol.asyncDispose]()
    disk.mend()
    await using again = await startServer({ dataDir })
    await load.each((producing) => producing.check(portOf(again)))
    await load.conversation.check(again)
    await load.conversation.isTaken(again)
    using resumed = await startLoad(again)
    await resumed.each((producing) => producing.goesOn())
  },
)
