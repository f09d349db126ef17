import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, systemClock } from '@koine/base'
import { ManualClock, until } from '@koine/base/testing'
import { errorCodes, saslAuthenticate, saslHandshake } from '@koine/protocols-kafka'
import { FailedAttempts, type FailedAttemptsLimits } from './failed-attempts.ts'
import { gatewayFixture } from '../testing/gateway-fixture.ts'
import { plainToken, WireClient } from '../testing/wire-client.ts'

const limits: FailedAttemptsLimits = {
  failedAuthenticationDelayMs: 100,
  failedAuthenticationsBurst: 3,
  failedAuthenticationForgivenMs: 1_000,
  failingAddressesMax: 5,
  waitingAuthenticationsMax: 2,
}
const never = new AbortController().signal
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function attempts() {
  const clock = new ManualClock()
  const attempts = new FailedAttempts(clock, limits)
  const fail = async (address: string): Promise<void> => {
    const told = attempts.failed(address, never)
    clock.advance(limits.failedAuthenticationDelayMs)
    await told
  }
  return { clock, attempts, fail }
}

test('a failure is answered after a moment', async () => {
  const { clock, attempts: each } = attempts()
  let told = false
  const answer = each.failed('1.2.3.4', never).then(() => (told = true))
  clock.advance(99)
  await settle()
  assert.equal(told, false)
  clock.advance(1)
  await answer
})

test('an address beyond its burst tries one at a time, as its failures are forgiven; another isn’t held up', async () => {
  const { clock, attempts: each, fail } = attempts()
  for (let i = 0; i < 5; i++) {
    if (i < 3) assert.equal(await each.mayTry('1.2.3.4', never), true)
    await fail('1.2.3.4')
  }
  assert.equal(await each.mayTry('1.2.3.5', never), true)
  const went: number[] = []
  const [first, second] = [1, 2].map((n) => each.mayTry('1.2.3.4', never).then(() => went.push(n)))
  assert.equal(await each.mayTry('1.2.3.4', never), false)
  await settle()
  assert.deepEqual(went, [])
  for (let i = 0; i < 40 && went.length < 1; i++) {
    clock.advance(100)
    await settle()
  }
  assert.deepEqual(went, [1])
  await first
  for (let i = 0; i < 40 && went.length < 2; i++) {
    clock.advance(100)
    await settle()
  }
  assert.deepEqual(went, [1, 2])
  await second
})

test('whoever leaves stops waiting', async () => {
  const { attempts: each, fail } = attempts()
  for (let i = 0; i < 6; i++) await fail('1.2.3.4')
  const gone = new AbortController()
  const waiting = each.mayTry('1.2.3.4', gone.signal)
  gone.abort()
  assert.equal(await waiting, false)
})

test('the addresses of one IPv6 network count as one, and those of IPv4 apart', async () => {
  const { attempts: each, fail } = attempts()
  await fail('2001:db8:1:2::1')
  await fail('2001:db8:1:2:ffff::9')
  assert.equal(each.size, 1)
  await fail('2001:db8:1:3::1')
  await fail('10.0.0.1')
  await fail('10.0.0.2')
  assert.equal(each.size, 4)
})

test('so many addresses are remembered and no more, and none longer than it takes to forgive', async () => {
  const { clock, attempts: each, fail } = attempts()
  for (let i = 0; i < 50; i++) await fail(`10.0.0.${i}`)
  assert.ok(each.size <= 5)
  clock.advance(60_000)
  await fail('10.0.1.1')
  assert.equal(each.size, 1)
})

test('a good credential from an address that has failed too often waits for its turn and is let in', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, limits })
  const advanced = async <T>(work: Promise<T>): Promise<T> => {
    let done = false
    const finished = work.finally(() => (done = true))
    finished.catch(() => {}) // Looked at below.
    await until('it is done', () => {
      clock.advance(50)
      return done
    })
    return await finished
  }
  for (let i = 0; i < 6; i++) {
    using client = await WireClient.open(server.port)
    await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
    const authBytes = plainToken({ ...server.acme, secret: 'wrong' })
    assert.equal(
      (await advanced(client.call(saslAuthenticate, 2, { authBytes }))).errorCode,
      errorCodes.SASL_AUTHENTICATION_FAILED,
    )
  }
  const beganMs = clock.monotonic()
  using client = await WireClient.open(server.port)
  await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
  const answer = await advanced(client.call(saslAuthenticate, 2, { authBytes: plainToken(server.acme) }))
  assert.equal(answer.errorCode, errorCodes.NONE)
  assert.ok(clock.monotonic() > beganMs)
})

test('what is refused for want of room says nothing against the address: others behind it sign in at once', async () => {
  const clock = new ManualClock()
  await using server = await gatewayFixture({ clock, limits: { ...limits, tenantConnectionsMax: 1 } })
  const atOnce = async (credential: Parameters<typeof plainToken>[0]): Promise<number | undefined> => {
    const client = await WireClient.open(server.port)
    await client.call(saslHandshake, 1, { mechanism: 'PLAIN' })
    const answer = client.call(saslAuthenticate, 2, { authBytes: plainToken(credential) }).catch(() => undefined)
    // The clock stands still.
    const late = sleep(systemClock, 1_000).then(() => undefined)
    const code = (await Promise.race([answer, late]))?.errorCode
    if (code !== errorCodes.NONE) client[Symbol.dispose]()
    else signedIn.use(client)
    return code
  }
  using signedIn = new DisposableStack()
  assert.equal(await atOnce(server.acme), errorCodes.NONE)
  for (let i = 0; i < 6; i++) assert.equal(await atOnce(server.acme), errorCodes.SASL_AUTHENTICATION_FAILED)
  assert.equal(await atOnce(server.globex), errorCodes.NONE)
})
