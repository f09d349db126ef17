import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { peer, temporaryDirectory, until } from '@koine/base/testing'
import { startCompatServer, type CompatServer, type Credential } from '../../server.ts'
import { scenarios } from '../../scenarios.ts'
import { AdminTools } from '../admin-tools.ts'
import { JavaClient } from '../java-client.ts'
import { kafkaVersion } from '../java-libraries.ts'

const skip = peer('java', 'mvn')
const recordBytes = 1_000
const megabyte = 1_000_000

/** A tenant's Kafka tools. */
interface Tenant {
  readonly client: JavaClient
  readonly tools: AdminTools
}

scenarios({ suite: 'java quotas', version: kafkaVersion, folder: import.meta.dirname, skip }, (scenario) => {
  const opened = new AsyncDisposableStack()
  let server: CompatServer
  let acme: Tenant
  let globex: Tenant
  before(async () => {
    server = opened.use(await startCompatServer())
    const directory = opened.use(temporaryDirectory()).path
    const tenant = async (credential: Credential): Promise<Tenant> => {
      const client = await JavaClient.open({ bootstrap: server.bootstrap, credential, directory })
      return { client, tools: new AdminTools(client) }
    }
    acme = await tenant(server.acme)
    globex = await tenant(server.globex)
    await acme.tools.topics('--create', '--topic', 'flood', '--partitions', '3')
    await globex.tools.topics('--create', '--topic', 'quiet', '--partitions', '3')
  })
  after(() => opened.disposeAsync())

  const operate = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${server.http}${path}`, {
      method,
      headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const give = async (name: string, quotas: object): Promise<void> => {
    const { data } = await operate<{ data: { id: string; name: string }[] }>('GET', '/v1/tenants')
    await operate('PUT', `/v1/tenants/${data.find((tenant) => tenant.name === name)!.id}/quotas`, quotas)
  }
  const producing = (topic: string, records: number, more: readonly string[] = []): string[] => [
    ...['--topic', topic, '--num-records', String(records), '--record-size', String(recordBytes)],
    ...['--reporting-interval', '1000', '--throughput', '-1', ...more],
  ]
  const flood = (tenant: Tenant, records: number, settings: Record<string, string> = {}) =>
    startPerformance(tenant, 'ProducerPerformance', producing('flood', records), settings)

  scenario('a producer that floods gets its tenant’s quota, and another tenant’s is not slowed', async () => {
    await using unheld = flood(acme, 60_000)
    assert.equal(await unheld.exited, 0, unheld.complaints.join('\n'))
    const most = total(unheld.lines).bytesPerSecond
    const quota = Math.round(most / 10)
    await give('acme', { produceBytesPerSecond: quota })
    const alone = await paced(globex)
    await using flooding = flood(acme, Math.round((quota * 45) / recordBytes))
    await until('the flood is over its quota', () => flooding.lines.length >= 5, 60_000)
    const beside = await paced(globex)
    assert.equal(await flooding.exited, 0, flooding.complaints.join('\n'))
    const share = total(flooding.lines).bytesPerSecond / quota
    console.log(`quotas: a flood of ${most} B/s got ${share} of its quota, a tenth of that`)
    console.log(`quotas: p95 of the other tenant ${alone} ms alone, ${beside} ms beside the flood`)
    // To a twentieth where the program has a core for itself; the rest is for machines where it hasn't.
    assert.ok(share > 0.9 && share < 1.05, `${share}`)
    // The programs share a small machine; behind a flood that isn't held records wait for many seconds.
    assert.ok(beside < 1_000, `${beside} ms beside the flood, ${alone} ms without`)
  })

  scenario('a consumer gets its tenant’s quota', async () => {
    await give('acme', {})
    await using filling = flood(acme, 60_000)
    assert.equal(await filling.exited, 0)
    const quota = 2 * megabyte
    await give('acme', { fetchBytesPerSecond: quota })
    const args = ['--topic', 'flood', '--num-records', '60000', '--timeout', '60000']
    await using consuming = startPerformance(acme, 'ConsumerPerformance', args, {})
    assert.equal(await consuming.exited, 0, consuming.complaints.join('\n'))
    const [columns, values] = consuming.lines.slice(-2).map((line) => line.split(', '))
    const share = (Number(values![columns!.indexOf('fetch.MB.sec')]) * 2 ** 20) / quota
    console.log(`quotas: a consumer got ${share} of its quota`)
    assert.ok(share > 0.9 && share < 1.1, `${share}`)
  })

  scenario('a quota that changes holds at once, zero lets nothing pass', async () => {
    await give('acme', { produceBytesPerSecond: 0 })
    const hasty = { 'delivery.timeout.ms': '5000', 'request.timeout.ms': '3000', 'linger.ms': '0' }
    await using refused = startPerformance(acme, 'ProducerPerformance', producing('flood', 1), hasty)
    await refused.exited
    assert.match([...refused.lines, ...refused.complaints].join('\n'), /TimeoutException/)
    await give('acme', { produceBytesPerSecond: megabyte })
    await using flooding = flood(acme, 200_000)
    await until('the flood runs at the quota', () => lately(flooding.lines, 3) < 1.2 * megabyte, 60_000)
    await give('acme', { produceBytesPerSecond: 5 * megabyte })
    await until('it runs at the new one', () => lately(flooding.lines, 3) > 4 * megabyte, 60_000)
    await give('acme', {})
    assert.equal(await flooding.exited, 0)
  })

  scenario('ConfigCommand grants a client id a rate, which holds', async () => {
    const entity = ['--entity-type', 'clients', '--entity-name', 'held']
    await acme.tools.configs('--alter', '--add-config', 'producer_byte_rate=1000000', ...entity)
    assert.match(await acme.tools.configs('--describe', ...entity), /producer_byte_rate=1000000/)
    await using held = flood(acme, 35_000, { 'client.id': 'held' })
    assert.equal(await held.exited, 0)
    await using free = flood(acme, 35_000, { 'client.id': 'free' })
    assert.equal(await free.exited, 0)
    assert.ok(total(free.lines).seconds < total(held.lines).seconds / 1.5, 'another client id is not held')
    // Kafka's windows let the first eleven seconds' worth pass at once.
    const { seconds } = total(held.lines)
    assert.ok(seconds > 20 && seconds < 45, `35 MB took ${seconds} s`)
    await acme.tools.configs('--alter', '--delete-config', 'producer_byte_rate', ...entity)
  })
})

/** @param settings of the client */
function startPerformance(
  { client }: Tenant,
  tool: 'ProducerPerformance' | 'ConsumerPerformance',
  args: readonly string[],
  settings: Record<string, string>,
) {
  const config = client.properties({ 'linger.ms': '5', 'batch.size': '65536', ...settings })
  const common = ['--bootstrap-server', client.bootstrap, '--command-config', config]
  return client.start(`org.apache.kafka.tools.${tool}`, [...common, ...args])
}

/** What a tenant at a modest, steady rate sees: the 95th percentile of the latency in milliseconds, after the first records. */
async function paced(tenant: Tenant): Promise<number> {
  const args = ['--topic', 'quiet', '--num-records', '1500', '--record-size', '100', '--throughput', '250']
  await using running = startPerformance(tenant, 'ProducerPerformance', [...args, '--warmup-records', '500'], {})
  assert.equal(await running.exited, 0, running.complaints.join('\n'))
  const p95 = /([\d.]+) ms 95th/.exec(running.lines.findLast((line) => line.includes('ms 95th')) ?? '')
  assert.ok(p95, running.lines.join('\n'))
  return Number(p95[1])
}

/** The lines that tell of an interval, or of all, as records and records a second. */
const parsed = (lines: readonly string[]) =>
  lines.flatMap((line) => {
    const found = /^(\d+) records sent, ([\d.]+) records\/sec/.exec(line)
    return found ? [{ records: Number(found[1]), perSecond: Number(found[2]) }] : []
  })

function total(lines: readonly string[]) {
  const last = parsed(lines).at(-1)
  assert.ok(last, lines.join('\n'))
  return { bytesPerSecond: last.perSecond * recordBytes, seconds: last.records / last.perSecond }
}

/** Bytes a second over the last intervals; NaN before there are so many. */
function lately(lines: readonly string[], intervals: number): number {
  const last = parsed(lines).slice(-intervals)
  if (last.length < intervals) return Number.NaN
  return (last.reduce((sum, { perSecond }) => sum + perSecond, 0) / intervals) * recordBytes
}
