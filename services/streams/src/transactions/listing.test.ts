import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listed, type TransactionFilter } from './listing.ts'
import { Coordinator } from './testing/coordinator.ts'
import { neverStarted, type Transaction } from './transaction.ts'

const all: TransactionFilter = { states: [], producerIds: [], durationMs: -1, idPattern: null }

async function threeTransactions() {
  const it = new Coordinator()
  await it.topic('log')
  await it.producer('empty')
  const ended = await it.producer('ended-1')
  await it.add(ended, 'log', 0)
  await it.end(ended, true)
  it.clock.advance(1_000)
  const running = await it.producer('running-2')
  await it.add(running, 'log', 1)
  it.clock.advance(500)
  const list = async (filter: Partial<TransactionFilter>): Promise<string[] | string> => {
    const listed = await it.transactions.list(it.scope, { ...all, ...filter })
    return listed.ok ? listed.transactions.map(({ transactionalId }) => transactionalId).sort() : listed.reason
  }
  return { it, running, list }
}

test('transactions are listed by state, producer, duration and a pattern of their id', async () => {
  const { list, running } = await threeTransactions()
  assert.deepEqual(await list({}), ['empty', 'ended-1', 'running-2'])
  assert.deepEqual(await list({ states: ['Ongoing', 'Empty'] }), ['empty', 'running-2'])
  assert.deepEqual(await list({ producerIds: [running.producerId] }), ['running-2'])
  assert.deepEqual(await list({ durationMs: 500 }), ['ended-1'])
  assert.deepEqual(await list({ durationMs: 499 }), ['ended-1', 'running-2'])
  assert.deepEqual(await list({ idPattern: '.*-\\d' }), ['ended-1', 'running-2'])
  assert.deepEqual(await list({ idPattern: 'run' }), [])
  assert.deepEqual(await list({ idPattern: '' }), ['empty', 'ended-1', 'running-2'])
  assert.equal(await list({ idPattern: '(' }), 'invalid-pattern')
})

test('states that there are not are named, and match nothing', async () => {
  const { it } = await threeTransactions()
  const listed = await it.transactions.list(it.scope, { ...all, states: ['Ongoin'] })
  assert.deepEqual(listed, { ok: true, transactions: [], unknownStates: ['Ongoin'] })
})

test('a transaction is described while it runs', async () => {
  const { it, running } = await threeTransactions()
  const described = await it.transactions.describe(it.scope, 'running-2')
  assert.equal(described?.state, 'Ongoing')
  assert.equal(described.producerId, running.producerId)
  assert.equal(described.startedAtMs, it.clock.now() - 500)
  assert.deepEqual([...described.partitions.values()], [{ topic: 'log', partition: 1 }])
})

test('a pattern that would take too long over all the ids there are is refused', () => {
  const long = Array.from({ length: 1_000 }, (_, i) => transactionOf(`${'a'.repeat(990)}${i}`))
  const patterns = ['(?:a?){990}', '(?:a?){1000}'.repeat(80)]
  for (const idPattern of patterns) {
    assert.deepEqual(listed(long, { ...all, idPattern }, 0), { ok: false, reason: 'invalid-pattern' })
  }
  assert.ok(listed(long, { ...all, idPattern: 'a+[0-9]*' }, 0).ok)
})

const transactionOf = (transactionalId: string): Transaction =>
  ({ transactionalId, state: 'Empty', producerId: 1, startedAtMs: neverStarted }) as Transaction
