import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anew, Coordinator } from './testing/coordinator.ts'
import { neverStarted } from './transaction.ts'
import { TransactionStore } from './transaction-store.ts'

/** A transactional id whose producer has come to an epoch. */
async function seed(it: Coordinator, producerEpoch: number) {
  const store = new TransactionStore(it.scope.tables, { expirationMs: 1e9 })
  const producer = { transactionalId: 'tx', producerId: 7_000, producerEpoch }
  const none = { lastProducerId: -1, lastProducerEpoch: -1, startedAtMs: neverStarted, updatedAtMs: it.clock.now() }
  await store.put(
    { ...producer, ...none, state: 'Empty', timeoutMs: 60_000, partitions: new Map(), groups: new Set() },
    undefined,
  )
  return producer
}

test('a producer without a transactional id gets an id of its own, at epoch 0', async () => {
  const it = new Coordinator()
  const ask = () => it.transactions.initProducer(it.scope, { transactionalId: null, timeoutMs: 0, ...anew })
  const [first, second] = [await ask(), await ask()]
  assert.ok(first.ok && second.ok)
  assert.notEqual(first.producerId, second.producerId)
  assert.deepEqual([first.producerEpoch, second.producerEpoch], [0, 0])
})

test('a new producer of a transactional id fences the one before in all that it does', async () => {
  const it = new Coordinator()
  await it.topic('log')
  const zombie = await it.producer('tx')
  const producer = await it.producer('tx')
  assert.deepEqual(producer, { ...zombie, producerEpoch: 1 })
  assert.equal(await it.add(zombie, 'log', 0), 'producer-fenced')
  assert.equal(await it.addGroup(zombie), 'producer-fenced')
  assert.deepEqual(await it.give(zombie, [{ topic: 'log', partition: 0, offset: 1 }]), ['producer-fenced'])
  assert.equal(await it.end(zombie, true), 'producer-fenced')
  assert.equal(await it.gate(zombie, 'log'), 'producer-fenced')
})

test('a new producer ends what the one before left open, under an epoch that nobody has', async () => {
  const it = new Coordinator()
  await it.topic('log')
  const zombie = await it.producer('tx')
  await it.add(zombie, 'log', 0, 1)
  const producer = await it.producer('tx')
  assert.deepEqual(
    it.markers.map(({ partition, producerEpoch, commit }) => [partition, producerEpoch, commit]),
    [
      [0, 1, false],
      [1, 1, false],
    ],
  )
  assert.equal(producer.producerEpoch, 2)
  assert.equal(await it.state('tx'), 'Empty')
})

test('a producer that names itself goes on with the next epoch, and gets it again when it missed the answer', async () => {
  const it = new Coordinator()
  const first = await it.producer('tx')
  const second = await it.producer('tx', { claimed: first })
  assert.equal(second.producerEpoch, 1)
  assert.deepEqual(await it.producer('tx', { claimed: first }), second)
  await it.producer('tx')
  await assert.rejects(it.producer('tx', { claimed: first }), /producer-fenced/)
  await assert.rejects(it.producer('tx', { claimed: second }), /producer-fenced/)
})

test('a producer that isn’t the latest can’t end the transaction of the one that is', async () => {
  const it = new Coordinator()
  await it.topic('log')
  const zombie = await it.producer('tx')
  const producer = await it.producer('tx')
  await it.add(producer, 'log', 0)
  await assert.rejects(it.producer('tx', { claimed: zombie }), /producer-fenced/)
  assert.equal(await it.state('tx'), 'Ongoing')
})

test('a producer that names itself in the midst of a transaction aborts it and goes on', async () => {
  const it = new Coordinator()
  await it.topic('log')
  const producer = await it.producer('tx')
  await it.add(producer, 'log', 0)
  const next = await it.producer('tx', { claimed: producer })
  assert.equal(it.markers[0]!.commit, false)
  assert.deepEqual(await it.producer('tx', { claimed: producer }), next)
})

test('a producer whose epochs are used up gets a new id, and still there is an epoch left to fence it', async () => {
  const it = new Coordinator()
  await it.topic('log')
  const last = await seed(it, 32_766)
  assert.equal(await it.add(last, 'log', 0), 'ok')
  const next = await it.producer('tx', { claimed: last })
  assert.equal(it.markers[0]!.producerEpoch, 32_767)
  assert.notEqual(next.producerId, last.producerId)
  assert.equal(next.producerEpoch, 0)
  assert.deepEqual(await it.producer('tx', { claimed: last }), next)
  assert.equal(await it.gate(last, 'log'), 'producer-fenced')
  assert.equal(await it.add(last, 'log', 0), 'unknown-producer')
})

const requests: readonly [what: string, request: object, reason: string][] = [
  ['of an empty transactional id', { transactionalId: '' }, 'invalid-transactional-id'],
  ['of a transactional id that is no text', { transactionalId: 'a\u0000' }, 'invalid-transactional-id'],
  ['without a timeout', { timeoutMs: 0 }, 'invalid-transaction-timeout'],
  ['with a timeout over a quarter of an hour', { timeoutMs: 900_001 }, 'invalid-transaction-timeout'],
  ['that names an id without an epoch', { producerId: 5 }, 'incomplete-producer'],
  ['that names an epoch without an id', { producerEpoch: 5 }, 'incomplete-producer'],
]

for (const [what, request, reason] of requests) {
  test(`a producer ${what} is refused`, async () => {
    const it = new Coordinator()
    const asked = { transactionalId: 'tx', timeoutMs: 900_000, ...anew, ...request }
    assert.deepEqual(await it.transactions.initProducer(it.scope, asked), { ok: false, reason })
  })
}

test('another tenant’s transactional ids don’t exist, and fence nobody', async () => {
  const it = new Coordinator()
  const producer = await it.producer('tx')
  assert.equal(await it.transactions.describe(it.other, 'tx'), undefined)
  assert.equal(await it.transactions.end(it.other, { ...producer, commit: true }), 'unknown-producer')
  await it.transactions.initProducer(it.other, { transactionalId: 'tx', timeoutMs: 1_000, ...anew })
  assert.equal(await it.add(producer, 'log'), 'ok')
})

test('a transactional id that is idle for a week is forgotten, on the disk too, and its producer with it', async () => {
  const it = new Coordinator()
  await it.topic('log')
  const producer = await it.producer('tx')
  const weekMs = 7 * 24 * 3_600_000
  it.clock.advance(weekMs - 1)
  assert.equal(await it.add(producer, 'log', 0), 'ok')
  assert.equal(await it.end(producer, true), 'ok')
  it.clock.advance(weekMs - 1)
  assert.equal(await it.state('tx'), 'CompleteCommit')
  it.clock.advance(1)
  assert.equal(await it.state('tx'), undefined)
  assert.equal(await it.add(producer, 'log', 0), 'unknown-producer')
  it.restart()
  assert.equal(await it.state('tx'), undefined)
  assert.notEqual((await it.producer('tx')).producerId, producer.producerId)
})

test('at the limit of transactional ids the one idle longest makes room, once it is idle for an hour', async () => {
  const it = new Coordinator({ limits: { transactionalIds: 2 } })
  await it.topic('log')
  const open = await it.producer('open', { timeoutMs: 900_000 })
  await it.add(open, 'log', 0)
  await it.producer('idle')
  await assert.rejects(it.producer('more'), /too-many-transactional-ids/)
  it.clock.jumpWall(3_600_000)
  await it.producer('more')
  assert.equal(await it.state('idle'), undefined)
  assert.equal(await it.state('open'), 'Ongoing')
})
