import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { makeCertificate, peer, temporaryDirectory, until } from '@koine/base/testing'
import { WebSocket } from 'ws'
import { startServer } from './testing/index.ts'

const skip = peer('openssl')

async function get(url: string, ca: string, bearer?: string): Promise<{ status: number | undefined; text: string }> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  const asked = request(url, { ca, headers }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text }
}

test('both listeners speak TLS when they are given certificates, and renew them', { skip }, async () => {
  await using directory = temporaryDirectory()
  await using certificates = temporaryDirectory()
  const shown = await makeCertificate(certificates.path)
  const next = await makeCertificate(certificates.path, { name: 'next' })
  const flags = ['http', 'kafka'].flatMap((listener) => [
    `--${listener}-tls-certificate=${shown.certificate}`,
    `--${listener}-tls-key=${shown.key}`,
  ])
  await using server = await startServer({ dataDir: directory.path, flags })
  assert.match(server.http, /^https:/)
  const { apiKey } = server.demo.tenants[0]!
  const users = await get(`${server.http}/v1/users`, shown.cert, `${apiKey.id}.${apiKey.secret}`)
  assert.deepEqual([users.status, users.text.includes('Asha')], [200, true])

  const socket = new WebSocket(`${server.http.replace('http', 'ws')}/v1/realtime`, { ca: shown.cert })
  await once(socket, 'open')
  socket.terminate()

  const plain = connectPlain(Number(new URL(server.http).port), '127.0.0.1')
  plain.on('error', () => {}) // A reset will do as well.
  plain.resume()
  plain.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(plain, 'close')

  copyFileSync(next.certificate, shown.certificate)
  copyFileSync(next.key, shown.key)
  const ports = [Number(new URL(server.http).port), Number(server.kafka.split(':')[1])]
  for (const port of ports) {
    await until(
      'the renewed certificate is shown',
      async () => {
        const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
        await once(client, 'secureConnect')
        const { CN } = client.getPeerCertificate().subject
        client.destroy()
        return CN === 'next'
      },
      30_000,
    )
  }
})

test('with certificates a server may listen where others reach it', { skip }, async () => {
  await using directory = temporaryDirectory()
  await using certificates = temporaryDirectory()
  const { certificate, key } = await makeCertificate(certificates.path)
  const flags = ['--kafka-host=0.0.0.0', `--kafka-tls-certificate=${certificate}`, `--kafka-tls-key=${key}`]
  await using server = await startServer({ dataDir: directory.path, flags })
  assert.match(server.kafka, /^0\.0\.0\.0:/)
})

const kcat = async (server: { kafka: string }, ...words: string[]): Promise<string> =>
  (await promisify(execFile)('kcat', ['-b', server.kafka, '-m', '20', ...words], { timeout: 30_000 })).stdout

test('Kafka clients that don’t authenticate are in the anonymous tenant', { skip: peer('kcat') }, async () => {
  await using directory = temporaryDirectory()
  await using server = await startServer({ dataDir: directory.path, flags: ['--kafka-anonymous-tenant=globex'] })
  assert.match(await kcat(server, '-L'), /topic "koine\.messages"/)
  const { id, secret } = server.demo.tenants[0]!.apiKey
  const credential = [`sasl.username=${id}`, `sasl.password=${secret}`, 'sasl.mechanism=PLAIN']
  const words = [...credential, 'security.protocol=SASL_PLAINTEXT'].flatMap((each) => ['-X', each])
  assert.match(await kcat(server, ...words, '-L'), /topic "koine\.messages"/)
})
