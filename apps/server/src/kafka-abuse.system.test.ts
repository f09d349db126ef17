import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { temporaryDirectory, until } from '@koine/base/testing'
import { requestBytes, WireClient } from '@koine/gateways-kafka/testing'
import {
  apis,
  apiVersions,
  createTopics,
  errorCodes,
  fetch,
  joinGroup,
  metadata,
  produce,
} from '@koine/protocols-kafka'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import { residentBytes } from './testing/resident-bytes.ts'
import { type ServerProcess, startServer } from './testing/index.ts'

const megabyte = 1024 * 1024
const opened = new AsyncDisposableStack()
let server: ServerProcess
let port = 0
let acme = { id: '', secret: '' }
let globex = acme
/** Of another tenant than those who misbehave. */
let witness: WireClient

before(async () => {
  const { path: dataDir } = opened.use(temporaryDirectory())
  server = opened.use(await startServer({ dataDir }))
  port = Number(server.kafka.split(':')[1])
  ;[acme, globex] = server.demo.tenants.map(({ apiKey }) => apiKey) as [typeof acme, typeof globex]
  witness = opened.use(await WireClient.signIn(port, globex))
  using client = await WireClient.signIn(port, acme)
  const plain = { replicationFactor: 1, assignments: [], configs: [] }
  await client.call(createTopics, 7, { topics: [{ name: 'log', numPartitions: 1, ...plain }] })
  const value = Buffer.alloc(900_000, 'x')
  const records = encodeRecordBatch({ records: [{ key: null, value, timestampMs: Date.now() }] })
  const topicData = [{ name: 'log', partitionData: [{ index: 0, records }] }]
  for (let i = 0; i < 40; i++) {
    const { responses } = await client.call(produce, 9, { acks: -1, timeoutMs: 5_000, topicData })
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, errorCodes.NONE)
  }
})

after(() => opened.disposeAsync())

/** Opened a few at a time: the system queues only so many that nobody has accepted. */
async function openSockets(count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  const openOne = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}) // A reset: `close` follows.
    await once(socket, 'connect')
    sockets.push(socket)
  }
  while (sockets.length < count) {
    await Promise.all(Array.from({ length: Math.min(200, count - sockets.length) }, openOne))
    await witness.call(apiVersions, 0, {})
  }
  return sockets
}

async function signInMany(count: number): Promise<WireClient[]> {
  const clients: WireClient[] = []
  while (clients.length < count) {
    clients.push(...(await Promise.all(Array.from({ length: 100 }, () => WireClient.signIn(port, acme)))))
  }
  return clients
}

interface Seen {
  /** The most that the server's memory grew by meanwhile. */
  readonly grownBytes: number
  /** The longest that the other tenant waited for an answer. */
  readonly waitedMs: number
}

/** Looks at the server, and asks it as another tenant, until the work is over. */
async function seenDuring(work: Promise<unknown>): Promise<Seen> {
  const startBytes = residentBytes(server.pid)
  const state = { isOver: false }
  let [grownBytes, waitedMs] = [0, 0]
  const ended = work.finally(() => (state.isOver = true))
  ended.catch(() => {}) // Awaited below.
  while (!state.isOver) {
    const askedMs = performance.now()
    await witness.call(metadata, 9, { topics: [] })
    waitedMs = Math.max(waitedMs, performance.now() - askedMs)
    grownBytes = Math.max(grownBytes, residentBytes(server.pid) - startBytes)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await ended
  return { grownBytes, waitedMs }
}

/** Waits until the server takes no more memory than it has. */
async function memoryStandsStill(): Promise<void> {
  let [mostBytes, sinceMs] = [0, performance.now()]
  await until(
    'the memory stands still',
    () => {
      const bytes = residentBytes(server.pid)
      if (bytes > mostBytes + megabyte) [mostBytes, sinceMs] = [bytes, performance.now()]
      return performance.now() - sinceMs > 1_000
    },
    30_000,
  )
}

const isGone = (socket: Socket): boolean => socket.closed || socket.destroyed

const fetchAll = {
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 50 * megabyte,
  topics: [{ topic: 'log', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 50 * megabyte }] }],
}

test('ten thousand silent connections and two thousand signed-in ones cost little each, and the silent ones are closed', async () => {
  const atStart = residentBytes(server.pid)
  const silent = await openSockets(10_000)
  const withSilent = residentBytes(server.pid)
  const clients = await signInMany(2_000)
  const withAll = residentBytes(server.pid)
  assert.equal((await witness.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
  // Measured: 9,400 and 15,600 bytes.
  const [silentBytes, signedInBytes] = [(withSilent - atStart) / 10_000, (withAll - withSilent) / 2_000]
  assert.ok(silentBytes < 32 * 1024, `${silentBytes} bytes for each silent connection`)
  assert.ok(signedInBytes < 64 * 1024, `${signedInBytes} bytes for each signed-in connection`)
  for (const socket of silent) socket.resume()
  await until('those that don’t authenticate are closed', () => silent.every(isGone), 30_000)
  const answers = await Promise.all(clients.map((client) => client.call(apiVersions, 0, {})))
  assert.ok(answers.every(({ errorCode }) => errorCode === errorCodes.NONE))
  for (const client of clients) client[Symbol.dispose]()
})

test('a hundred clients that fetch and never read hold bounded memory, and others are served', async () => {
  const mutes: WireClient[] = []
  const fetchUnread = async (): Promise<void> => {
    for (const client of await signInMany(100)) {
      client.socket.pause()
      mutes.push(client)
      // 36 MB each: 72 GB in all.
      for (let i = 0; i < 20; i++) client.send(fetch, 11, fetchAll)
    }
    await memoryStandsStill()
  }
  const { grownBytes, waitedMs } = await seenDuring(fetchUnread())
  for (const client of mutes) client[Symbol.dispose]()
  assert.ok(grownBytes < 768 * megabyte, `${grownBytes} bytes`)
  assert.ok(waitedMs < 5_000, `${waitedMs} ms`)
})

test('clients that send for ever and never read are not read any more, and others are served', async () => {
  const request = requestBytes({ api: apis.get(metadata.key)!, version: 9, body: { topics: null } })
  const requests = Buffer.concat(Array<Uint8Array>(2_000).fill(request))
  let written = 0
  const talkers = await signInMany(100)
  const sendUntilFull = async ({ socket }: WireClient): Promise<void> => {
    socket.pause()
    for (let isFull = false; !isFull && !isGone(socket);) {
      written += requests.length
      if (socket.write(requests)) continue
      const drained = once(socket, 'drain').then(() => false)
      isFull = await Promise.race([drained, new Promise<boolean>((resolve) => setTimeout(resolve, 1_500, true))])
    }
  }
  const { grownBytes, waitedMs } = await seenDuring(Promise.all(talkers.map(sendUntilFull)))
  for (const client of talkers) client[Symbol.dispose]()
  assert.ok(written < 2_048 * megabyte, `${written} bytes were taken`)
  assert.ok(grownBytes < 1_024 * megabyte, `${grownBytes} bytes`)
  assert.ok(waitedMs < 10_000, `${waitedMs} ms`)
})

test('frames that come byte by byte hold no room that they only declare, and are given up', async () => {
  const sockets = await openSockets(1_000)
  const declared = Buffer.alloc(4)
  declared.writeInt32BE(64 * 1024)
  for (const socket of sockets) socket.write(declared)
  const trickle = setInterval(() => {
    for (const socket of sockets) if (!isGone(socket)) socket.write(Buffer.alloc(1))
  }, 500)
  for (const socket of sockets) socket.resume()
  const { grownBytes } = await seenDuring(until('all are closed', () => sockets.every(isGone), 30_000))
  clearInterval(trickle)
  assert.ok(grownBytes < 256 * megabyte, `${grownBytes} bytes`)
})

test('garbage ends the connections that send it and nothing else', async () => {
  const sockets = await openSockets(100)
  for (const [index, socket] of sockets.entries()) {
    socket.resume()
    const garbage = Buffer.alloc(1_000)
    for (let at = 0; at < garbage.length; at++) garbage[at] = (index * 7 + at * 31) % 256
    if (index % 2 === 0) garbage.writeInt32BE(garbage.length - 4)
    if (index % 4 === 0) garbage.writeInt16BE(index % 76, 4)
    socket.write(garbage)
  }
  await until('all are closed', () => sockets.every(isGone), 20_000)
  assert.equal((await witness.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
})

test('a thousand requests ahead are answered in their order', async () => {
  using client = await WireClient.signIn(port, acme)
  const sent = Array.from({ length: 1_000 }, () => client.send(apiVersions, 0, {}))
  for (const correlationId of sent) assert.equal((await client.receive(apiVersions, 0)).correlationId, correlationId)
})

test('a client that has closed its half is answered what it asked, and closed', async () => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  const client = new WireClient(socket)
  client.send(apiVersions, 0, {})
  socket.end()
  assert.equal((await client.receive(apiVersions, 0)).errorCode, errorCodes.NONE)
  await client.closed()
})

const long = (index: number): string => `${index}`.padEnd(32_000, 'x')
const longest = Array.from({ length: 2_900 }, (_, index) => long(index))
const topicOf = (name: string) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })
const member = { groupId: 'g', sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' }

const huge = {
  'Metadata of 90 MB of names': { api: metadata, version: 9, body: { topics: longest.map((name) => ({ name })) } },
  'CreateTopics of 90 MB of names': { api: createTopics, version: 7, body: { topics: longest.map(topicOf) } },
  'JoinGroup with 90 MB of metadata': {
    api: joinGroup,
    version: 4,
    body: { ...member, protocols: [{ name: 'range', metadata: Buffer.alloc(90_000_000) }] },
  },
  'Produce of 99 MB': {
    api: produce,
    version: 9,
    body: {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'log', partitionData: [{ index: 0, records: Buffer.alloc(99_000_000) }] }],
    },
  },
}

for (const [what, { api, version, body }] of Object.entries(huge)) {
  test(`${what} is answered in the protocol and in bounded memory`, async () => {
    using client = await WireClient.signIn(port, acme)
    const bytes = requestBytes({ api: apis.get(api.key)!, version, body })
    let frame: Uint8Array | undefined
    const ask = async (): Promise<void> => {
      client.socket.write(bytes)
      frame = await client.frame()
    }
    const { grownBytes, waitedMs } = await seenDuring(ask())
    assert.ok(frame)
    assert.ok(grownBytes < 768 * megabyte, `${grownBytes} bytes`)
    assert.ok(waitedMs < 10_000, `${waitedMs} ms`)
  })
}

test('a frame over the limit, and arrays of a million elements, end their connections', async () => {
  using large = await WireClient.signIn(port, acme)
  const declared = Buffer.alloc(4)
  declared.writeInt32BE(100 * megabyte + 1)
  large.socket.write(declared)
  await large.closed()
  using wide = await WireClient.signIn(port, acme)
  const partitions = Array.from({ length: 1_000_000 }, (_, partition) => ({ partitionIndex: partition, timestamp: -1 }))
  const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: 'log', partitions }] }
  wide.socket.write(requestBytes({ api: apis.get(2)!, version: 1, body }))
  await wide.closed()
  assert.equal((await witness.call(apiVersions, 0, {})).errorCode, errorCodes.NONE)
})
