import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before } from 'node:test'
import { makeCertificate, peer, temporaryDirectory } from '@koine/base/testing'
import { Admin } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { AdminTools } from '../java/admin-tools.ts'
import { JavaClient } from '../java/java-client.ts'
import { kcat } from '../kcat/kcat.ts'
import { scenarios } from '../scenarios.ts'
import { type CompatServer, platformTopic, startCompatServer } from '../server.ts'

const skip = peer('openssl', 'kcat', 'java', 'mvn')

scenarios(
  { suite: 'clients over TLS', version: 'of the versions above', folder: import.meta.dirname, skip },
  (scenario) => {
    const opened = new AsyncDisposableStack()
    let server: CompatServer
    let directory: string
    /** The certificate's file. */
    let authority: string
    before(async () => {
      directory = opened.use(temporaryDirectory()).path
      const { certificate, key } = await makeCertificate(directory)
      authority = certificate
      const flags = [`--kafka-tls-certificate=${certificate}`, `--kafka-tls-key=${key}`]
      server = opened.use(await startCompatServer({ flags }))
    })
    after(() => opened.disposeAsync())

    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      scenario(`kcat with ${mechanism}`, async () => {
        const client = { bootstrap: server.bootstrap, credential: server.acme, mechanism, authority }
        const topic = `by-kcat-${mechanism}`
        const produced = await kcat(client, ['-P', '-t', topic], 'hello\n')
        assert.equal(produced.exitCode, 0, produced.stderr)
        const consumed = await kcat(client, ['-C', '-t', topic, '-e', '-q', '-o', 'beginning'])
        assert.equal(consumed.stdout, 'hello\n')
      })
    }

    scenario('kcat refuses a certificate that it doesn’t trust, and a client without TLS gets nowhere', async () => {
      const client = { bootstrap: server.bootstrap, credential: server.acme }
      const strange = opened.use(temporaryDirectory()).path
      const { certificate } = await makeCertificate(strange, { name: 'stranger' })
      assert.notEqual((await kcat({ ...client, authority: certificate }, ['-L', '-m', '3'])).exitCode, 0)
      assert.notEqual((await kcat(client, ['-L', '-m', '3'])).exitCode, 0)
    })

    scenario('kafkajs', async () => {
      const { id, secret } = server.acme
      const kafka = new Kafka({
        clientId: 'compat',
        brokers: [server.bootstrap],
        ssl: { ca: readFileSync(authority, 'utf8'), servername: 'localhost' },
        sasl: { mechanism: 'scram-sha-256', username: id, password: secret },
        logLevel: logLevel.NOTHING,
      })
      const admin = kafka.admin()
      await admin.connect()
      assert.ok((await admin.listTopics()).includes(platformTopic))
      await admin.disconnect()
    })

    scenario('@platformatic/kafka', async () => {
      const { id, secret } = server.acme
      const admin = new Admin({
        clientId: 'compat',
        bootstrapBrokers: [server.bootstrap],
        tls: { ca: readFileSync(authority, 'utf8') },
        tlsServerName: 'localhost',
        sasl: { mechanism: 'SCRAM-SHA-512', username: id, password: secret },
      })
      assert.ok((await admin.listTopics()).includes(platformTopic))
      await admin.close()
    })

    scenario('the Java clients', async () => {
      const { bootstrap, acme: credential } = server
      const tools = new AdminTools(await JavaClient.open({ bootstrap, credential, directory, authority }))
      await tools.produce('by-java', 'hello\n')
      assert.deepEqual(await tools.consume('by-java', 1), ['hello'])
    })
  },
)
