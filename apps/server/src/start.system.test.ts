import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory, until } from '@koine/base/testing'
import { Api, RealtimeConnection, startServer } from './testing/index.ts'

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the program until it ends by itself. */
async function runToEnd(words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** One clear line, exit code 1, no stack. */
function assertRefused({ code, err }: Ended, expected: RegExp): void {
  assert.equal(code, 1, err)
  const lines = err
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('koine: '))
  assert.equal(lines.length, 1, err)
  assert.match(lines[0]!, expected)
  assert.ok(!err.includes('    at '), err)
}

const freePorts = ['--http-port=0', '--kafka-port=0', '--log-level=error']

test('a bad setting is one clear line and exit code 1', async () => {
  assertRefused(
    await runToEnd(['--http-port', 'eighty']),
    /--http-port: "eighty" is not a whole number from 0 to 65535/,
  )
  assertRefused(await runToEnd(['--htp-port', '1']), /no flag --htp-port; did you mean --http-port\?/)
  assertRefused(await runToEnd([], { KOINE_MODE: 'prod' }), /KOINE_MODE: "prod" is not one of development, production/)
  assertRefused(
    await runToEnd(['--config', './not-there.yaml']),
    /not-there.yaml: the configuration file can't be read/,
  )
  assertRefused(await runToEnd(['upp']), /There is no command upp/)
})

test('listening openly without TLS has to be said', async () => {
  await using directory = temporaryDirectory()
  const words = [...freePorts, `--data-dir=${directory.path}`, '--kafka-host=0.0.0.0']
  assertRefused(await runToEnd(words), /kafka.host is 0.0.0.0, which others can reach.*--allow-plaintext/)
})

test('an anonymous tenant is for development, on loopback addresses, and has to be there', async () => {
  await using directory = temporaryDirectory()
  const words = [...freePorts, `--data-dir=${directory.path}`, '--kafka-anonymous-tenant=nobody']
  assertRefused(await runToEnd(words), /kafka.anonymousTenant is nobody, and there is no such tenant/)
  const open = [...words, '--kafka-host=0.0.0.0', '--allow-plaintext']
  assertRefused(await runToEnd(open), /kafka.anonymousTenant is refused on 0.0.0.0/)
  const production = [...words, '--mode=production', '--admin-token=a-token-of-the-tests']
  assertRefused(await runToEnd(production), /kafka.anonymousTenant is refused in production/)
})

test('certificate files that can’t be used are one clear line', async () => {
  await using directory = temporaryDirectory()
  const words = [...freePorts, `--data-dir=${directory.path}`]
  assertRefused(
    await runToEnd([...words, '--kafka-tls-key=./k.pem']),
    /kafka.tls.certificate and kafka.tls.key go together/,
  )
  const absent = ['--http-tls-certificate=./absent.pem', '--http-tls-key=./k.pem']
  assertRefused(await runToEnd([...words, ...absent]), /http.tls.certificate: .\/absent.pem can't be read \(ENOENT\)/)
})

test('production wants an admin token and makes no demo', async () => {
  await using directory = temporaryDirectory()
  const words = [...freePorts, `--data-dir=${directory.path}`, '--mode=production']
  assertRefused(await runToEnd(words), /KOINE_ADMIN_TOKEN/)
})

for (const [flag, what] of [
  ['--http-port', 'HTTP'],
  ['--kafka-port', 'Kafka'],
] as const) {
  test(`a ${what} port in use is one clear line, and nothing is lost`, async () => {
    await using directory = temporaryDirectory()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const words = [...freePorts, `--data-dir=${directory.path}`, `${flag}=${port}`]
    assertRefused(await runToEnd(words), new RegExp(`${what}.*${port} is in use by another process.*${flag}`))
    taken.close()
    await using server = await startServer({ dataDir: directory.path })
    assert.equal(server.demo.tenants.length, 2)
  })
}

test('a data directory that cannot be written is one clear line', async () => {
  await using directory = temporaryDirectory()
  const file = join(directory.path, 'a-file')
  writeFileSync(file, '')
  assertRefused(await runToEnd([...freePorts, `--data-dir=${join(file, 'data')}`]), /a-file/)
})

test('a data directory in use by another process is one clear line, and the other goes on', async () => {
  await using directory = temporaryDirectory()
  await using server = await startServer({ dataDir: directory.path })
  assertRefused(await runToEnd([...freePorts, `--data-dir=${directory.path}`]), /in use/)
  assert.equal((await fetch(`${server.http}/readyz`)).status, 200)
})

test('a data directory written by a newer version is one clear line', async () => {
  await using directory = temporaryDirectory()
  {
    await using server = await startServer({ dataDir: directory.path })
    assert.ok(server.pid)
  }
  writeFileSync(join(directory.path, 'format-version'), '999\n')
  assertRefused(await runToEnd([...freePorts, `--data-dir=${directory.path}`]), /newer/)
})

test('the first start writes the demo keys for their owner alone, and later starts keep them', async () => {
  await using directory = temporaryDirectory()
  let first: string
  {
    await using server = await startServer({ dataDir: directory.path })
    first = JSON.stringify(server.demo)
    assert.equal(statSync(join(directory.path, 'demo.json')).mode & 0o777, 0o600)
    assert.deepEqual(
      server.demo.tenants.map(({ name }) => name),
      ['acme', 'globex'],
    )
  }
  await using again = await startServer({ dataDir: directory.path })
  assert.equal(JSON.stringify(again.demo), first)
})

test('SIGTERM drains: clients are told to reconnect, and the exit code is 0', async () => {
  await using directory = temporaryDirectory()
  const server = await startServer({ dataDir: directory.path })
  const { token } = await new Api(server).user('Asha')
  const connection = await RealtimeConnection.open(server, token, () => {})
  process.kill(server.pid, 'SIGTERM')
  assert.equal(await connection.closed, 4000)
  assert.equal(await server.exited, 0)
})

test('config prints the effective settings with secrets masked', async () => {
  const { code, out } = await runToEnd(['config', '--http-port=9080', '--admin-token=hush-hush-hush-hush'])
  assert.equal(code, 0)
  assert.match(out, /http\.port: 9080 +# flag/)
  assert.ok(!out.includes('hush'))
})

test('a damaged demo file is one clear line that quotes nothing of it', async () => {
  await using directory = temporaryDirectory()
  for (const text of ['{"adminToken":"hush', '{}', 'null', '{"adminToken":"hush-hush-hush-hush","tenants":[]}']) {
    writeFileSync(join(directory.path, 'demo.json'), text)
    const ended = await runToEnd([...freePorts, `--data-dir=${directory.path}`])
    assertRefused(ended, /demo\.json is damaged; move it away/)
    assert.ok(!ended.err.includes('hush'), text)
  }
})

test('addresses of IPv6 are told so that clients can use them', async (t) => {
  await using directory = temporaryDirectory()
  const probe = createServer().listen(0, '::1')
  const [failure] = await Promise.race([once(probe, 'listening'), once(probe, 'error')])
  probe.close()
  if (failure) return t.skip('this machine has no IPv6')
  await using server = await startServer({ dataDir: directory.path, flags: ['--http-host=::1', '--kafka-host=::1'] })
  assert.match(server.http, /^http:\/\/\[::1\]:\d+$/)
  assert.match(server.kafka, /^\[::1\]:\d+$/)
  assert.equal((await fetch(`${server.http}/readyz`)).status, 200)
})

test('while clients are being told to go, no door takes new work', async () => {
  await using directory = temporaryDirectory()
  const server = await startServer({ dataDir: directory.path })
  const { hostname, port } = new URL(server.http)
  const mute = connect({ host: hostname, port: Number(port) })
  // A client that never answers a close holds the WebSocket gateway up until its deadline.
  mute.write(
    'GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(mute, 'data')
  process.kill(server.pid, 'SIGTERM')
  await once(mute, 'data')
  const isOpen = async (address: string): Promise<boolean> => {
    const { hostname: host, port: of } = new URL(address)
    const socket = connect({ host, port: Number(of) })
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    return opened
  }
  await until(
    'HTTP and Kafka are closed',
    async () => {
      const open = [await isOpen(server.http), await isOpen(`http://${server.kafka}`)]
      return !open.includes(true)
    },
    2000,
  )
  mute.destroy()
  assert.equal(await server.exited, 0)
})

test('production refuses the credentials that development wrote into the same data directory', async () => {
  await using directory = temporaryDirectory()
  let demo
  {
    await using server = await startServer({ dataDir: directory.path })
    demo = server.demo
  }
  const production = ['--mode=production', `--data-dir=${directory.path}`]
  assertRefused(
    await runToEnd([...freePorts, ...production, `--admin-token=${demo.adminToken}`]),
    /refuses the admin token of demo\.json/,
  )
  await using server = await startServer({
    dataDir: directory.path,
    flags: ['--mode=production', '--admin-token=of-the-tests-alone'],
  })
  for (const { apiKey } of demo.tenants) {
    const headers = { authorization: `Bearer ${apiKey.id}.${apiKey.secret}` }
    assert.equal((await fetch(`${server.http}/v1/me`, { headers })).status, 401)
  }
})
