import assert from 'node:assert/strict'
import test from 'node:test'
import { KoineError, silentLogger, systemClock } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { MemoryTables } from '@koine/stores-ports/memory'
import { type IdempotentCall, IdempotentCalls } from './idempotency.ts'
import { withCode } from './testing/tenancy-fixture.ts'

const call: IdempotentCall = { tenantId: undefined, principal: 'operator', operation: 'make', key: 'k1', request: '{}' }

function fixture(clock = systemClock) {
  const tables = new MemoryTables({ clock })
  const calls = new IdempotentCalls({ tables, clock, logger: silentLogger })
  let ids = 0
  const makeId = (): string => `id${++ids}`
  return { tables, calls, makeId }
}

test('a repeat answers the same without another effect', async () => {
  const { calls, makeId } = fixture()
  let effects = 0
  const once = () => calls.once(call, { makeId, run: async (id) => ({ id, effect: ++effects }) })
  const first = await once()
  const second = await once()
  assert.deepEqual(second, { answer: first.answer, repeated: true })
  assert.equal(effects, 1)
})

test('calls at the same time have one effect and answer the same', async () => {
  const { calls, makeId } = fixture()
  let effects = 0
  const run = async (id: string) => {
    await new Promise((resolve) => setImmediate(resolve))
    return { id, effect: ++effects }
  }
  const answers = await Promise.all(Array.from({ length: 8 }, () => calls.once(call, { makeId, run })))
  assert.equal(effects, 1)
  assert.equal(new Set(answers.map(({ answer }) => answer.id)).size, 1)
  assert.equal(answers.filter(({ repeated }) => !repeated).length, 1)
})

test('another request under the same key is refused; another key, caller or operation is another call', async () => {
  const { calls, makeId } = fixture()
  const run = async (id: string) => id
  const { answer } = await calls.once(call, { makeId, run })
  await assert.rejects(
    calls.once({ ...call, request: '{"other":1}' }, { makeId, run }),
    withCode('idempotency_key_reused'),
  )
  for (const other of [{ key: 'k2' }, { principal: 'key_1' }, { operation: 'else' }]) {
    assert.notEqual((await calls.once({ ...call, ...other }, { makeId, run })).answer, answer)
  }
})

test('a call that was refused may be made again with another body', async () => {
  const { calls, makeId } = fixture()
  const refuse = async (): Promise<string> => {
    throw new KoineError('invalid_request', 'no')
  }
  await assert.rejects(calls.once(call, { makeId, run: refuse }), withCode('invalid_request'))
  const { repeated } = await calls.once({ ...call, request: 'better' }, { makeId, run: async (id) => id })
  assert.equal(repeated, false)
})

test('a call whose outcome is unknown is finished under the same id by its repeat', async () => {
  const { calls, makeId } = fixture()
  const ids: string[] = []
  await assert.rejects(
    calls.once(call, {
      makeId,
      run: async (id) => {
        ids.push(id)
        throw new KoineError('timeout', 'who knows')
      },
    }),
    withCode('timeout'),
  )
  await calls.once(call, { makeId, run: async (id) => ids.push(id) })
  assert.equal(ids.length, 2)
  assert.equal(ids[0], ids[1])
})

test('a claim of a process that died is taken over when its lease is over, under the same id', async () => {
  const clock = new ManualClock()
  const { calls, makeId } = fixture(clock)
  const ids: string[] = []
  // A run that never ends is what a dead process looks like to the others.
  void calls.once(call, { makeId, run: (id) => new Promise(() => ids.push(id)) })
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(60_000)
  const { answer } = await calls.once(call, { makeId, run: async (id) => (ids.push(id), 'finished') })
  assert.equal(answer, 'finished')
  assert.equal(ids[0], ids[1])
})

test('a repeat that meets a running call is told to come back', async () => {
  const clock = new ManualClock()
  const { calls, makeId } = fixture(clock)
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = calls.once(call, { makeId, run: () => promise })
  const refused = assert.rejects(calls.once(call, { makeId, run: async () => 'second' }), (error: KoineError) => {
    assert.equal(error.retryAfterMs, 1000)
    return withCode('conflict')(error)
  })
  for (let waitedMs = 0; waitedMs <= 2500; waitedMs += 25) {
    clock.advance(25)
    await new Promise((turn) => setImmediate(turn))
  }
  await refused
  resolve('first')
  assert.equal((await first).answer, 'first')
})

test('an answer is forgotten after a day', async () => {
  const clock = new ManualClock()
  const { calls, makeId } = fixture(clock)
  await calls.once(call, { makeId, run: async () => 1 })
  clock.advance(24 * 3600 * 1000)
  assert.deepEqual(await calls.once(call, { makeId, run: async () => 2 }), { answer: 2, repeated: false })
})

test('a sealed answer opens only to the credential it was sealed under, and is nowhere in the clear', async () => {
  const { calls, makeId, tables } = fixture()
  const sealed = { ...call, sealUnder: 'the admin token' }
  await calls.once(sealed, { makeId, run: async () => ({ secret: 'hunter2' }) })
  const { answer } = await calls.once(sealed, { makeId, run: async () => ({ secret: 'another' }) })
  assert.equal(answer.secret, 'hunter2')
  await assert.rejects(
    calls.once({ ...sealed, sealUnder: 'a new admin token' }, { makeId, run: async () => 0 }),
    withCode('already_exists'),
  )
  const pk = (await import('node:crypto')).createHash('sha256').update('operator\nmake\nk1').digest('base64url')
  const record = await tables.control.get({ table: 'idempotent-calls', pk, sk: '' })
  assert.ok(record)
  assert.ok(
    !Buffer.from(record.attributes.answer as Uint8Array)
      .toString('latin1')
      .includes('hunter2'),
  )
})
