import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Metrics, seededRandomness, silentLogger, systemClock } from '@koine/base'
import { makeCertificate, peer, temporaryDirectory, until } from '@koine/base/testing'
import { KafkaGateway, type KafkaGatewayOptions } from '@koine/gateways-kafka'
import { Streams } from '@koine/services-streams'
import { Tenancy } from '@koine/services-tenancy'
import { memoryStores } from '@koine/stores-ports/memory'
import { KafkaProbe, type KafkaProbeOptions } from './kafka-probe.ts'
import { ProbeTenant } from './probe-tenant.ts'
import type { WireAddress } from './wire-client.ts'

const common = { clock: systemClock, logger: silentLogger, randomness: seededRandomness(5) }
const host = '127.0.0.1'

/** The real listener over memory stores, which takes the probe's credential. */
async function openListener(options: Pick<KafkaGatewayOptions, 'certificate'> = {}) {
  await using opened = new AsyncDisposableStack()
  const metrics = new Metrics()
  const stores = memoryStores(common)
  const tenancy = opened.use(new Tenancy({ stores, ...common, adminToken: 'a token for this test' }))
  const streams = opened.use(new Streams({ ...common, metrics }))
  const tenant = new ProbeTenant({ stores, ...common })
  const gateway = opened.use(
    new KafkaGateway({ tenancy: tenant.admittedBy(tenancy), streams, ...common, metrics, host, port: 0, ...options }),
  )
  const port = await gateway.listen()
  const all = opened.move()
  return { port, stores, tenancy, tenant, metrics, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** A server that does with its clients as told. */
async function openOther(serve: (socket: Socket) => void): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // The probe gives up without a word.
    serve(socket)
  }).listen(0, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const probeOf = (address: WireAddress, options: Partial<KafkaProbeOptions> = {}): KafkaProbe =>
  new KafkaProbe({
    address,
    credential: { id: 'key_nobody', secret: 'none' },
    prepare: async () => {},
    intervalMs: 10,
    timeoutMs: 5_000,
    ...common,
    metrics: new Metrics(),
    ...options,
  })

test('a record is written and read back over and over, and how long each step takes is measured', async () => {
  await using listener = await openListener()
  const { tenant, stores, tenancy, port } = listener
  const metrics = new Metrics()
  await using probe = probeOf(
    { host, port },
    { credential: tenant.credential, prepare: () => tenant.prepare(), metrics },
  )
  assert.equal(probe.state, 'starting')
  await until('three rounds are over', () => probe.describe().rounds >= 3)
  const { state, failures, times, changes } = probe.describe()
  assert.deepEqual([state, failures], ['ok', 0])
  assert.ok(times && times.produceMs > 0 && times.fetchMs > 0 && times.roundTripMs >= times.produceMs)
  assert.deepEqual(
    changes.map(({ from, to }) => `${from} → ${to}`),
    ['starting → ok'],
  )
  assert.deepEqual(
    (await tenant.scope.log.topics()).map(({ name }) => name),
    ['probe'],
  )
  const text = await metrics.text()
  assert.match(text, /koine_probe_state\{state="ok"\} 1/)
  assert.match(text, /koine_probe_seconds_count\{step="round-trip"\} \d/)
  // Nobody sees its tenant, and its credential opens nothing else.
  assert.deepEqual((await tenancy.tenants({ limit: 10 })).tenants, [])
  const { id, secret } = tenant.credential
  await assert.rejects(tenancy.tenant(tenant.scope.tenantId), { code: 'not_found' })
  await assert.rejects(tenancy.authenticateKey(id, secret), { code: 'unauthenticated' })
  await assert.rejects(tenancy.authenticateBearer(`${id}.${secret}`), { code: 'unauthenticated' })
  // The next start takes away what this one leaves.
  const next = new ProbeTenant({ stores, ...common })
  await next.prepare()
  assert.notEqual(next.scope.tenantId, tenant.scope.tenantId)
  // The probe finds its topic gone, and makes it anew.
  const before = probe.describe().rounds
  await until('the topic is there again', async () => (await tenant.scope.log.topics()).length === 1)
  await until('it goes on', () => probe.describe().rounds > before + 3 && probe.state === 'ok')
})

test('a listener that accepts and never answers is found out within the timeout, twice, and so is its end', async () => {
  await using listener = await openListener()
  let isSilent = true
  await using other = await openOther((socket) => {
    if (isSilent) {
      socket.resume()
      return
    }
    const onward = connect(listener.port, host)
    onward.on('error', () => {}) // The other end went first.
    socket.pipe(onward).pipe(socket)
    socket.on('close', () => onward.destroy())
  })
  const { credential } = listener.tenant
  await using probe = probeOf({ host, port: other.port }, { credential, timeoutMs: 100 })
  await until('it is found out', () => probe.state === 'failing')
  assert.deepEqual(probe.describe().reason, 'sign-in: No answer came in time.')
  assert.equal(probe.describe().lastFailure?.reason, 'timeout')
  isSilent = false
  await until('it is over', () => probe.state === 'ok', 30_000)
  assert.equal(probe.describe().reason, '')
})

test('each way to fail is named', async () => {
  const closedPort = await (async () => {
    await using other = await openOther(() => {})
    return other.port
  })()
  const check = async (address: WireAddress, expected: string, options: Partial<KafkaProbeOptions> = {}) => {
    await using probe = probeOf(address, options)
    await until('it fails', () => probe.state === 'failing')
    const { lastFailure } = probe.describe()
    assert.equal(`${lastFailure?.stage} ${lastFailure?.reason}`, expected)
  }
  await check({ host, port: closedPort }, 'connect refused')
  {
    await using other = await openOther((socket) => socket.destroy())
    await check({ host, port: other.port }, 'sign-in closed')
  }
  {
    await using other = await openOther((socket) => void socket.on('data', () => socket.write(Buffer.alloc(64, 0x7f))))
    await check({ host, port: other.port }, 'sign-in wrong')
  }
  await using listener = await openListener()
  const { port } = listener
  await check({ host, port }, 'sign-in error')
})

test('a place that can’t be made is tried again, and a disk that hangs hangs nothing', async () => {
  await using listener = await openListener()
  const { port, tenant } = listener
  const tries = [
    () => Promise.reject(new Error('the disk is full')),
    () => new Promise<void>(() => {}),
    () => tenant.prepare(),
  ]
  const stages: unknown[] = []
  await using probe = probeOf(
    { host, port },
    { credential: tenant.credential, prepare: () => tries.shift()!(), timeoutMs: 200 },
  )
  await until('it fails', () => probe.state === 'failing')
  const { lastFailure } = probe.describe()
  stages.push(lastFailure?.stage, lastFailure?.reason)
  assert.deepEqual(stages, ['prepare', 'timeout'])
  assert.equal(tries.length, 1, 'what hangs is not begun again')
})

test('disposal ends a round that waits, at once', async () => {
  await using other = await openOther((socket) => void socket.resume())
  const probe = probeOf({ host, port: other.port }, { timeoutMs: 3_600_000 })
  await probe[Symbol.asyncDispose]()
  assert.equal(probe.describe().failures, 0)
})

test(
  'over TLS it speaks to the listener with the certificate it knows, and to no other',
  { skip: peer('openssl') },
  async () => {
    await using directory = temporaryDirectory()
    const [shown, other] = [
      await makeCertificate(directory.path),
      await makeCertificate(directory.path, { name: 'other' }),
    ]
    const certificate = {
      current: { cert: shown.cert, key: shown.keyText },
      onRenewal: () => ({ [Symbol.dispose]: () => {} }),
    }
    await using listener = await openListener({ certificate })
    const { port, tenant } = listener
    const { credential } = tenant
    await using probe = probeOf({ host, port, certificate: () => shown.cert }, { credential })
    await until('it works', () => probe.state === 'ok')
    await using fooled = probeOf({ host, port, certificate: () => other.cert }, { credential })
    await until('it refuses', () => fooled.state === 'failing')
    assert.match(fooled.describe().reason, /^connect: .*another certificate/)
  },
)
