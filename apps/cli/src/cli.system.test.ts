import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory, until } from '@koine/base/testing'
import { type ServerProcess, startServer } from '@koine/server/testing'
import { Kafka, logLevel } from 'kafkajs'

const directory = temporaryDirectory()
let server: ServerProcess
before(async () => {
  server = await startServer({ dataDir: directory.path })
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const program = join(import.meta.dirname, 'main.ts')
const flags = (words: readonly string[]): string[] => [
  program,
  ...['--url', server.http, '--data-dir', directory.path],
  ...words,
]

const koine = async (...words: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, flags(words))).stdout

/** With something on its standard input. */
async function koineReading(input: string, ...words: string[]): Promise<string> {
  const running = promisify(execFile)(process.execPath, flags(words))
  running.child.stdin?.end(input)
  return (await running).stdout
}

/** What the server refuses, or the words of a command: one line on the standard error. */
const saying = (text: RegExp) => (error: { stderr: string }) => {
  assert.match(error.stderr, text)
  return true
}

test('a tenant and a key live from creation to their end', async () => {
  const tenant = JSON.parse(await koine('--json', 'tenants', 'create', 'initech')) as { id: string }
  const list = await koine('tenants', 'list')
  assert.match(list, /^ID +NAME +STATUS +CREATED$/m)
  assert.match(list, new RegExp(`^${tenant.id} +initech +active +20`, 'm'))

  const key = JSON.parse(await koine('--json', 'keys', 'create', tenant.id, '--name', 'ci')) as {
    id: string
    bearer: string
  }
  const users = (): Promise<Response> =>
    fetch(`${server.http}/v1/users`, { headers: { authorization: `Bearer ${key.bearer}` } })
  assert.equal((await users()).status, 200)
  assert.ok(!(await koine('keys', 'list', tenant.id)).includes(key.bearer.split('.')[1]!))
  await koine('keys', 'revoke', tenant.id, key.id)
  assert.equal((await users()).status, 401)

  await assert.rejects(koine('tenants', 'delete', tenant.id), /--yes/)
  await koine('tenants', 'delete', tenant.id, '--yes')
  assert.ok(!(await koine('tenants', 'list')).includes(tenant.id))
})

test('a key with scopes of the tenant’s own is for Kafka alone', async () => {
  const tenant = server.demo.tenants[0]!.id
  const words = ['keys', 'create', tenant, '--scope', 'orders-service', 'billing']
  const key = JSON.parse(await koine('--json', ...words)) as { id: string; bearer: string; scopes: string[] }
  assert.deepEqual(key.scopes, ['orders-service', 'billing'])
  const users = await fetch(`${server.http}/v1/users`, { headers: { authorization: `Bearer ${key.bearer}` } })
  assert.equal(users.status, 403)
  const list = await koine('keys', 'list', tenant)
  assert.match(list, new RegExp(`^${key.id} .* orders-service billing +20`, 'm'))
  assert.match(list, / admin +20/)
  await assert.rejects(koine('keys', 'create', tenant, '--scope', 'No Scope'), /invalid_request/)
})

test('what the server refuses is one line with its code and exit code 1', async () => {
  await assert.rejects(
    koine('keys', 'list', 'tenant_00000000000000000000000000'),
    (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 1)
      assert.match(error.stderr, /^koine: .*\(not_found\)\n$/)
      return true
    },
  )
})

test('config prints the effective settings of the server program', async () => {
  assert.match(await koine('config', '--kafka-port', '9192'), /kafka\.port: 9192 +# flag/)
})

test('flags that the client and the server both have reach the server, wherever they stand', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'main.ts'),
    ...['--data-dir', './before', 'config', '--json', '--admin-token', 'a-token-of-the-tests', '--kafka-port', '9192'],
  ])
  const settings = JSON.stringify(JSON.parse(stdout))
  assert.match(settings, /\.\/before/)
  assert.match(settings, /"adminToken":\{[^}]*"flag"/)
  assert.ok(!settings.includes('a-token-of-the-tests'))
})

test('a topic lives from creation to its end', async () => {
  const created = await koine('topics', 'create', 'orders', '--partitions', '3', '--setting', 'retention.ms=3600000')
  assert.match(created, /^name: +orders$/m)
  assert.match(await koine('topics', 'list'), /^orders +3 +20/m)
  const described = await koine('topics', 'describe', 'orders')
  assert.match(described, /^settings: retention\.ms=3600000$/m)
  assert.match(described, /^2 +0 +0 +0 +0 B$/m)
  await assert.rejects(koine('topics', 'create', 'orders'), saying(/already_exists/))
  await assert.rejects(koine('topics', 'create', 'x', '--partitions', '0'), saying(/1 or more/))
  await assert.rejects(koine('topics', 'delete', 'orders'), saying(/--yes/))
  await koine('topics', 'delete', 'orders', '--yes')
  await assert.rejects(koine('topics', 'describe', 'orders'), saying(/^koine: .*\(not_found\)\n$/))
})

test('what is produced is consumed: single records, lines, keys, headers, tombstones', async () => {
  await koine('topics', 'create', 'lines', '--partitions', '1')
  await koine('produce', 'lines', '--value', '{"n":1}', '--key', 'ada', '--header', 'trace=abc', '--header', 'a=b=c')
  await koine('produce', 'lines', '--key', 'ada', '--tombstone')
  const written = await koineReading('ben: two\nno key\r\nlast', 'produce', 'lines', '--key-separator', ': ')
  assert.equal(written, '3 records written to lines\n')

  const all = await koine('consume', 'lines', '--from', 'earliest', '--format', 'line')
  assert.deepEqual(
    all.split('\n').map((line) => line.replace(/ {2}\S+Z {2}/, '  ')),
    ['0:0  ada  {"n":1}', '0:1  ada  (none)', '0:2  ben  two', '0:3  (none)  no key', '0:4  (none)  last', ''],
  )
  assert.match(await koine('consume', 'lines', '--from', '0', '--limit', '1'), /key ada\n {2}trace: abc\n {2}a: b=c\n/)
  assert.equal(await koine('consume', 'lines', '--limit', '2', '--format', 'value'), 'no key\nlast\n')
  assert.equal(await koine('consume', 'lines', '--from', '2999-01-01'), 'No records there\n')
  const json = (await koine('--json', 'consume', 'lines', '--from', '3')).trimEnd().split('\n')
  assert.deepEqual(
    json.map((line) => (JSON.parse(line) as { offset: number }).offset),
    [3, 4],
  )
  await assert.rejects(koine('consume', 'lines', '--from', 'soon'), saying(/an offset, or a time/))
  await assert.rejects(koine('consume', 'lines', '--partition', '9'), saying(/no partition 9.*not_found/))
})

test('more lines than a request holds all arrive, in order', async () => {
  await koine('topics', 'create', 'many', '--partitions', '1')
  const lines = Array.from({ length: 1_203 }, (_, i) => `line ${i}`)
  assert.equal(await koineReading(`${lines.join('\n')}\n`, 'produce', 'many'), '1,203 records written to many\n')
  const read = await koine('consume', 'many', '--from', 'earliest', '--limit', '5000', '--format', 'value')
  assert.deepEqual(read.trimEnd().split('\n'), lines)
})

test('a consumer that follows goes on with what comes', async () => {
  await koine('topics', 'create', 'live', '--partitions', '2')
  await koine('produce', 'live', '--value', 'before')
  const words = ['consume', 'live', '--follow', '--format', 'value', '--limit', '2']
  const child = spawn(process.execPath, flags(words), { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'before')
  await koine('produce', 'live', '--value', 'after')
  assert.equal((await lines.next()).value, 'after')
  assert.deepEqual(await exited, [0, null])
})

test('a group that committed offsets is listed, described with its lag, and deleted', async () => {
  await koine('topics', 'create', 'bills', '--partitions', '1')
  await koineReading('1\n2\n3\n', 'produce', 'bills')
  await commitOffset('billing', 'bills', 1)
  assert.match(await koine('groups', 'list'), /^billing +Empty +classic +0$/m)
  const described = await koine('groups', 'describe', 'billing')
  assert.match(described, /^lag: +2$/m)
  assert.match(described, /^bills +0 +1 +3 +2 +-$/m)
  assert.equal((JSON.parse(await koine('--json', 'groups', 'describe', 'billing')) as { lag: number }).lag, 2)
  await koine('groups', 'delete', 'billing', '--yes')
  assert.match(await koine('groups', 'list'), /^There are no consumer groups/)
})

test('the tenant is chosen by its key or, of the demo, by its name', async () => {
  await koine('--tenant', 'globex', 'topics', 'create', 'of-globex')
  const { id, secret } = server.demo.tenants[1]!.apiKey
  assert.match(await koine('--api-key', `${id}.${secret}`, 'topics', 'list'), /^of-globex /m)
  assert.ok(!(await koine('topics', 'list')).includes('of-globex'))
  await assert.rejects(koine('--tenant', 'initech', 'topics', 'list'), saying(/there are acme, globex/))
  await assert.rejects(koine('--api-key', 'key_x.y', 'topics', 'list'), saying(/\(unauthenticated\)/))
})

async function commitOffset(groupId: string, topic: string, offset: number): Promise<void> {
  const { id, secret } = server.demo.tenants[0]!.apiKey
  const sasl = { mechanism: 'plain', username: id, password: secret } as const
  const admin = new Kafka({ brokers: [server.kafka], sasl, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(offset) }] })
  await admin.disconnect()
}

test('status shows how the server does, and usage what a tenant uses of what it may', async () => {
  await until('the probe has been round once', async () => / ok: a record written/.test(await koine('status')))
  const status = await koine('status')
  assert.match(status, /^status: +ok$/m)
  assert.match(status, /^disk: +healthy: syncs within \S+ ms$/m)
  assert.match(status, /^probe: +ok: a record written in \S+ ms and read back after \S+ ms$/m)
  assert.match(status, /^\S+Z +probe +starting +ok/m)
  const told = JSON.parse(await koine('--json', 'status')) as { disk: { state: string } }
  assert.equal(told.disk.state, 'healthy')

  const { id } = server.demo.tenants[1]!
  const usage = await koine('tenants', 'usage', id)
  assert.match(usage, /^WHAT +USED +QUOTA +SHARE +THROTTLED$/m)
  assert.match(usage, /^produce +0 B\/s +953\.7 MiB\/s +0 %$/m)
  assert.match(usage, /^on the local disk: +\d+ segments, /m)
  assert.equal(await koine('--tenant', 'globex', 'usage'), usage)
})

test('an operator sets a tenant’s quotas, sees whose they are, and takes them back', async () => {
  const { id } = server.demo.tenants[1]!
  assert.match(await koine('quotas', 'show', id), /^topics +\d+ +default$/m)
  const set = await koine('quotas', 'set', id, 'topics=7', 'requestPercentage=unlimited')
  assert.match(set, /^topics +7 +operator$/m)
  assert.match(set, /^requestPercentage +unlimited +operator$/m)
  assert.match(await koine('quotas', 'set', id, 'topics=default'), /^topics +\d+ +default$/m)
  await assert.rejects(koine('quotas', 'set', id, 'topics=many'), saying(/number, unlimited, or default/))
  await assert.rejects(koine('quotas', 'set', id, 'nothing=1'), saying(/nothing/))
  assert.doesNotMatch(await koine('quotas', 'reset', id), /operator/)
})
