import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory, until } from '@koine/base/testing'
import { Koine, KoineApi, type Message } from '@koine/sdk'
import { Kafka, logLevel } from 'kafkajs'
import { type ServerProcess, startServer } from './testing/index.ts'

type DemoTenant = ServerProcess['demo']['tenants'][number]

const bearer = ({ apiKey }: DemoTenant): string => `${apiKey.id}.${apiKey.secret}`

/** A person with one device, and what the device shows. */
async function person(server: ServerProcess, tenant: DemoTenant, index: number) {
  const api = new KoineApi({ url: server.http, token: bearer(tenant) })
  const { token } = await api.users.createToken(tenant.users[index]!.id)
  const shown: Message[] = []
  const client = new Koine({ url: server.http, token, since: 'earliest' })
  client.on('message', (message) => shown.push(message))
  await client.connect()
  return { client, shown, texts: () => shown.map(({ text }) => text) }
}

interface StoredEvent {
  readonly id: string
  readonly type: string
  readonly data: { readonly message?: Message }
}

/** The texts of the messages on `koine.messages`, as kafkajs reads the tenant's own cluster from the beginning. */
async function textsInKafka(server: ServerProcess, tenant: DemoTenant, expected: number): Promise<string[]> {
  const { id, secret } = tenant.apiKey
  const kafka = new Kafka({
    brokers: [server.kafka],
    sasl: { mechanism: 'plain', username: id, password: secret },
    logLevel: logLevel.NOTHING,
  })
  const consumer = kafka.consumer({ groupId: 'story' })
  const texts: string[] = []
  const seen = new Set<string>()
  await consumer.connect()
  try {
    await consumer.subscribe({ topic: 'koine.messages', fromBeginning: true })
    let records = 0
    await consumer.run({
      eachMessage: async ({ message }) => {
        records++
        const { id, type, data } = JSON.parse(message.value!.toString()) as StoredEvent
        // A crash may repeat an event, under its own id.
        if (type === 'koine.message.sent' && !seen.has(id)) texts.push(data.message!.text)
        seen.add(id)
      },
    })
    await until('the topic has been read', () => texts.length >= expected && records > 0, 30_000)
    return texts
  } finally {
    await consumer.disconnect()
  }
}

/** Every file below a folder in which the text stands. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text))
}

test('two people of a tenant talk, a crash loses nothing, Kafka tells it, and the other tenant sees none of it', async () => {
  await using directory = temporaryDirectory()
  let server = await startServer({ dataDir: directory.path })
  const [acme, globex] = server.demo.tenants as [DemoTenant, DemoTenant]
  {
    const asha = await person(server, acme, 0)
    const ben = await person(server, acme, 1)
    await asha.client.send(acme.conversationId, 'marker-one, are you there?')
    await until('Ben sees it live', () => ben.texts().includes('marker-one, are you there?'))
    await ben.client.send(acme.conversationId, 'marker-two, I am')
    await until('Asha sees the answer', () => asha.texts().includes('marker-two, I am'))
    asha.client.close()
    ben.client.close()
  }

  await server.kill()
  server = await startServer({ dataDir: directory.path })
  await using running = server

  const ben = await person(running, acme, 1)
  const said = ['marker-one, are you there?', 'marker-two, I am']
  await until('Ben has both again after the crash', () => ben.shown.length === 2)
  assert.deepEqual(ben.texts(), said)
  assert.deepEqual(await textsInKafka(running, acme, 2), said)
  ben.client.close()

  const stranger = new KoineApi({ url: running.http, token: bearer(globex), actAs: globex.users[0]!.id })
  await assert.rejects(stranger.conversations.history(acme.conversationId), { code: 'not_found' })
  const greta = await person(running, globex, 0)
  await greta.client.send(globex.conversationId, 'marker-three')
  assert.deepEqual(await textsInKafka(running, globex, 1), ['marker-three'])
  assert.deepEqual(
    greta.texts().filter((text) => text !== 'marker-three'),
    [],
  )
  greta.client.close()

  const foreign = (text: string, tenant: DemoTenant): string[] =>
    filesWith(directory.path, text).filter((path) => !path.startsWith(join(directory.path, 'tenants', tenant.id)))
  assert.ok(filesWith(directory.path, 'marker-one').length > 0)
  assert.deepEqual(foreign('marker-one', acme), [], 'a text of acme stands in a file that is not of acme')
  assert.deepEqual(foreign('marker-three', globex), [], 'a text of globex stands in a file that is not of globex')
})

test('deleting a tenant leaves no file of it, and its credentials and names are gone', async () => {
  await using directory = temporaryDirectory()
  // Without the probe, whose tenant is the platform's own.
  await using server = await startServer({ dataDir: directory.path, flags: ['--probe-interval-ms=0'] })
  const [acme, globex] = server.demo.tenants as [DemoTenant, DemoTenant]
  const asha = await person(server, acme, 0)
  await asha.client.send(acme.conversationId, 'soon gone')
  const operator = new KoineApi({ url: server.http, token: server.demo.adminToken })
  await operator.tenants.delete(acme.id)
  assert.deepEqual(readdirSync(join(directory.path, 'tenants')), [globex.id])
  await assert.rejects(operator.tenants.get(acme.id), { code: 'not_found' })
  await assert.rejects(new KoineApi({ url: server.http, token: bearer(acme) }).users.list(), {
    code: 'unauthenticated',
  })
  await until('the connection is closed for good', () => asha.client.status.state === 'stopped')
})
