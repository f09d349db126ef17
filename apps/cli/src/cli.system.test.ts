import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory } from '@koine/base/testing'
import { type ServerProcess, startServer } from '@koine/server/testing'

const directory = temporaryDirectory()
let server: ServerProcess
before(async () => {
  server = await startServer({ dataDir: directory.path })
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const koine = async (...words: string[]): Promise<string> => {
  const program = join(import.meta.dirname, 'main.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    '--url',
    server.http,
    '--data-dir',
    directory.path,
    ...words,
  ])
  return stdout
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
