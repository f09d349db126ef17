import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory, until } from '@koine/base/testing'
import type { Health, NodeHealth } from '@koine/contract'
import { type ServerProcess, startServer } from './testing/index.ts'

async function get<T>({ http }: ServerProcess, path: string, bearer?: string): Promise<T> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  const response = await fetch(`${http}${path}`, { headers })
  return (response.headers.get('content-type')?.includes('json') ? response.json() : response.text()) as Promise<T>
}

const tenantsOnDisk = (directory: string): readonly string[] => readdirSync(join(directory, 'tenants'))

test('the server tries itself as a client would, and says how it does; its own tenant is nobody’s to see', async () => {
  await using directory = temporaryDirectory()
  const seen: string[] = []
  for (let starts = 0; starts < 2; starts++) {
    await using server = await startServer({ dataDir: directory.path, flags: ['--probe-interval-ms=100'] })
    const { adminToken, tenants } = server.demo
    const health = () => get<NodeHealth>(server, '/v1/node/health', adminToken)
    await until('a few rounds are over', async () => ((await health()).probe.rounds ?? 0) >= 3)
    const { status, disk, probe, changes } = await health()
    assert.deepEqual([status, disk.state, probe.state, probe.failures], ['ok', 'healthy', 'ok', 0])
    assert.ok(probe.lastRound!.roundTripMs > 0)
    assert.deepEqual(
      changes.map(({ part, to }) => `${part} ${to}`),
      ['probe ok'],
    )
    assert.deepEqual(await get<Health>(server, '/readyz'), {
      status: 'ok',
      checks: { disk: 'healthy', probe: 'ok', backpressure: 'ok' },
    })
    const others = tenantsOnDisk(directory.path).filter((name) => !tenants.some(({ id }) => id === name))
    assert.equal(others.length, 1, 'nothing of earlier ones')
    const own = others[0]!
    seen.push(own)
    assert.ok(!JSON.stringify(await get(server, '/v1/tenants', adminToken)).includes(own))
    const metrics = await get<string>(server, '/metrics', adminToken)
    assert.match(metrics, /koine_probe_seconds_count\{step="round-trip"\} \d/)
    assert.match(metrics, /koine_disk_state\{state="healthy"\} 1/)
    assert.ok(!metrics.includes(own))
  }
  assert.notEqual(seen[0], seen[1], 'another one at each start')
  await using server = await startServer({ dataDir: directory.path, flags: ['--probe-interval-ms=0'] })
  assert.equal((await get<Health>(server, '/readyz')).checks?.probe, 'off')
  assert.ok(!tenantsOnDisk(directory.path).includes(seen[1]!), 'nothing of it is left')
})
