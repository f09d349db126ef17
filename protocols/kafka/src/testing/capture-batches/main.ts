/**
 * Records the batches that kcat makes, in each codec, as golden fixtures: `node protocols/kafka/src/testing/capture-batches/main.ts`.
 * Its broker is the least that a producer needs.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { readRequestHeaderRest, readRequestPrefix, writeResponseHeader } from '../../headers.ts'
import { produce } from '../../messages/0-produce.ts'
import { apiVersions } from '../../messages/18-api-versions.ts'
import { metadata } from '../../messages/3-metadata.ts'
import { Reader } from '../../reader.ts'
import { codecs } from '../../record-batch/index.ts'
import type { Api } from '../../schema/index.ts'
import { Writer } from '../../writer.ts'

const topic = 'captured'
const served = [produce, metadata, apiVersions] as unknown as readonly Api[]
/** librdkafka compresses, and knows today's batches, only where it finds Fetch and FindCoordinator too. */
const advertised = [
  { apiKey: 0, minVersion: 0, maxVersion: 8 },
  { apiKey: 1, minVersion: 0, maxVersion: 11 },
  { apiKey: 3, minVersion: 0, maxVersion: 7 },
  { apiKey: 10, minVersion: 0, maxVersion: 2 },
  { apiKey: 18, minVersion: 0, maxVersion: 3 },
]

let captured: Uint8Array | null = null
let port = 0

function answer({ key }: Api, body: Record<string, unknown>): Record<string, unknown> {
  if (key === apiVersions.key) {
    return { errorCode: 0, apiKeys: advertised }
  }
  if (key === metadata.key) {
    const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }
    return {
      brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
      controllerId: 1,
      topics: [{ errorCode: 0, name: topic, partitions: [partition] }],
    }
  }
  const [{ partitionData }] = body['topicData'] as [{ partitionData: [{ records: Uint8Array }] }]
  captured = partitionData[0].records
  return { responses: [{ name: topic, partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 0 }] }] }
}

function handle(frame: Uint8Array): Uint8Array {
  const reader = new Reader(frame)
  const { apiKey, apiVersion, correlationId } = readRequestPrefix(reader)
  const api = served.find(({ key }) => key === apiKey)!
  readRequestHeaderRest(reader, api, apiVersion)
  const writer = new Writer()
  writeResponseHeader(writer, api, apiVersion, correlationId)
  api.response.encode(writer, apiVersion, answer(api, api.request.decode(reader, apiVersion)))
  return Buffer.concat(writer.finishFrame())
}

function serve(socket: Socket): void {
  let held = Buffer.alloc(0)
  socket.on('error', () => socket.destroy()) // kcat leaves when it likes.
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 4 && held.length >= 4 + held.readInt32BE()) {
      const end = 4 + held.readInt32BE()
      socket.write(handle(held.subarray(4, end)))
      held = held.subarray(end)
    }
  })
}

const server = createServer(serve).listen(0, '127.0.0.1')
await once(server, 'listening')
port = (server.address() as AddressInfo).port

const lines = Array.from({ length: 30 }, (_, i) => `key-${i}:the value of record ${i}, the value of record ${i}`)
const batches = []
for (const codec of codecs) {
  const options = ['-P', '-t', topic, '-K', ':', '-H', 'colour=blue', '-z', codec, '-X', 'linger.ms=500']
  const kcat = spawn('kcat', ['-b', `127.0.0.1:${port}`, ...options], { stdio: ['pipe', 'ignore', 'inherit'] })
  kcat.stdin.end(`${lines.join('\n')}\n`)
  await once(kcat, 'close')
  batches.push({ codec, batch: Buffer.from(captured!).toString('hex') })
}
server.close()

const version = /librdkafka (\S+)/.exec(execFileSync('kcat', ['-V'], { encoding: 'utf8' }))?.[1]
const fixture = { client: 'librdkafka', version, lines, batches }
writeFileSync(
  new URL('../../fixtures/librdkafka-batches.json', import.meta.url),
  `${JSON.stringify(fixture, null, 2)}\n`,
)
