/**
 * Records what real clients send, as the golden fixtures of the decoders: `node compat/src/capture/capture-fixtures.ts`.
 * The credentials in them are of a server that lived for the recording.
 */
import { writeFileSync } from 'node:fs'
import { until } from '@koine/base/testing'
import { Kafka, logLevel } from 'kafkajs'
import { type Credential, startCompatServer } from '../server.ts'
import { kcat, kcatVersion } from '../kcat/kcat.ts'
import { proxyHost, startCapturingProxy } from './capturing-proxy.ts'

type Scenario = (bootstrap: string, credential: Credential) => Promise<void>

const withKcat: Scenario = async (bootstrap, credential) => {
  const run = (args: string[], input?: string) => kcat({ bootstrap, credential }, args, input)
  await run(['-L'])
  await run(['-P', '-t', 'captured', '-K', ':', '-H', 'colour=blue', '-z', 'lz4'], 'key:value\n')
  await run(['-P', '-t', 'captured', '-X', 'enable.idempotence=true'], 'once\n')
  await run(['-Q', '-t', 'captured:0:-1'])
  await run(['-C', '-t', 'captured', '-o', 'beginning', '-e'])
  await run(['-G', 'readers', '-X', 'auto.offset.reset=earliest', '-e', 'captured'])
}

const withKafkajs: Scenario = async (bootstrap, { id, secret }) => {
  const kafka = new Kafka({
    clientId: 'captured-client',
    brokers: [bootstrap],
    sasl: { mechanism: 'plain', username: id, password: secret },
    logLevel: logLevel.NOTHING,
  })
  const [admin, producer] = [kafka.admin(), kafka.producer({ idempotent: true })]
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'captured', numPartitions: 2 }] })
  await producer.connect()
  await producer.send({ topic: 'captured', messages: [{ key: 'key', value: 'value', headers: { colour: 'blue' } }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100, heartbeatInterval: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: ['captured'], fromBeginning: true })
  let heartbeats = 0
  consumer.on(consumer.events.HEARTBEAT, () => heartbeats++)
  await consumer.run({ eachMessage: async () => {} })
  await until('it has sent heartbeats', () => heartbeats > 2)
  await admin.describeGroups(['readers'])
  await admin.listGroups()
  await consumer.disconnect()
  await admin.fetchOffsets({ groupId: 'readers', topics: ['captured'] })
  await admin.fetchTopicOffsets('captured')
  await admin.fetchTopicOffsetsByTimestamp('captured', 0)
  await admin.describeCluster()
  await admin.deleteTopics({ topics: ['captured'] })
  await admin.disconnect()
}

async function record(client: string, version: string, scenario: Scenario): Promise<void> {
  // The server tells clients its own port at the proxy's address, so the proxy has that port too.
  await using proxy = await startCapturingProxy()
  const flags = [`--kafka-port=${proxy.port}`, `--kafka-advertised-host=${proxyHost}`]
  await using server = await startCompatServer({ flags })
  await scenario(`${proxyHost}:${proxy.port}`, server.acme)
  const fixture = { client, version, requests: proxy.captured }
  const path = new URL(`../../../protocols/kafka/src/fixtures/${client}.json`, import.meta.url)
  writeFileSync(path, `${JSON.stringify(fixture, null, 2)}\n`)
  process.stdout.write(`${client} ${version}: ${proxy.captured.length} requests\n`)
}

await record('kcat', kcatVersion(), withKcat)
await record('kafkajs', '2.2.4', withKafkajs)
