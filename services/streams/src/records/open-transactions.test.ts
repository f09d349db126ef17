import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError } from '@koine/base'
import { readEndMarker } from '@koine/protocols-kafka/record-batch'
import { type Faults, noFaults, type Partition } from '@koine/stores-ports'
import { settled } from '../testing/virtual-cluster.ts'
import type { FetchedPartition } from './fetch.ts'
import { delivered, readNow, type RecordCluster, recordCluster, sent } from './testing/record-cluster.ts'
import type { TransactionProblem } from './transaction-gate.ts'

const at: Partition = { topic: 'orders', partition: 0 }
const producer = { producerId: 7, producerEpoch: 0 }

async function cluster(options: Parameters<typeof recordCluster>[0] = {}) {
  const made = recordCluster(options)
  await made.createTopic(at.topic)
  return made
}

const send = ({ records, scope }: RecordCluster, values: readonly string[], fields: Parameters<typeof sent>[1] = {}) =>
  records.produce(scope, at, sent(values, fields))

const sendInTransaction = (to: RecordCluster, value: string, baseSequence: number, more: object = {}) =>
  send(to, [value], { ...producer, baseSequence, isTransactional: true, ...more })

const end = ({ records, scope }: RecordCluster, commit: boolean, more: object = {}) =>
  records.endTransaction(scope, at, { ...producer, commit, coordinatorEpoch: 3, ...more })

const committed = async (from: RecordCluster, offset = 0): Promise<string[]> =>
  delivered(await readNow(from, at, { offset }), offset, 'read-committed')

const stable = ({ records, scope }: RecordCluster) => records.lastStableOffset(scope, at)

const logEnd = async ({ scope }: RecordCluster): Promise<number> => (await scope.log.bounds(at))!.endOffset

test('the records of an open transaction, and what follows them, are hidden until it is committed', async () => {
  const it = await cluster()
  await send(it, ['before'])
  await sendInTransaction(it, 'within', 0)
  await send(it, ['after'])
  assert.deepEqual(await committed(it), ['before'])
  assert.equal(await stable(it), 1)
  assert.deepEqual(await it.records.findOffset(it.scope, at, 'latest', 'read-committed'), {
    ok: true,
    offset: 1,
    timestampMs: -1,
  })
  assert.deepEqual(await it.records.findOffset(it.scope, at, 'latest'), { ok: true, offset: 3, timestampMs: -1 })
  assert.deepEqual(await end(it, true), { ok: true })
  assert.deepEqual(await committed(it), ['before', 'within', 'after'])
  assert.equal(await stable(it), 4)
})

test('the records of an aborted transaction come with what a reader needs to leave them out', async () => {
  const it = await cluster()
  await sendInTransaction(it, 'bad', 0)
  await send(it, ['good'])
  await end(it, false)
  const read = await readNow(it, at)
  assert.ok(read.ok)
  assert.equal(read.batches.length, 3)
  assert.deepEqual(
    read.abortedTransactions.map(({ producerId, firstOffset }) => [producerId, firstOffset]),
    [[7, 0]],
  )
  assert.deepEqual(await committed(it), ['good'])
  const all = await readNow(it, at, { isolation: 'read-uncommitted' })
  assert.deepEqual(delivered(all, 0, 'read-uncommitted'), ['bad', 'good'])
  assert.deepEqual(all.ok && all.abortedTransactions, [])
  const behind = await readNow(it, at, { offset: 3 })
  assert.deepEqual(behind.ok && behind.abortedTransactions, [])
})

test('no record of an open transaction is found by its time', async () => {
  const it = await cluster()
  await send(it, ['early'], { timestampMs: 100 })
  await sendInTransaction(it, 'open', 0, { timestampMs: 200 })
  const find = (timestampMs: number) => it.records.findOffset(it.scope, at, { timestampMs }, 'read-committed')
  assert.deepEqual(await find(100), { ok: true, offset: 0, timestampMs: 100 })
  assert.deepEqual(await find(150), { ok: true, offset: -1, timestampMs: -1 })
})

function waitingFetch({ records, scope }: RecordCluster, offset: number) {
  const fetching = { result: undefined as readonly FetchedPartition[] | undefined }
  const request = { bytesMin: 1, waitMsMax: 500, bytesMax: 1_000_000, isolation: 'read-committed' } as const
  const partitions = [{ ...at, offset, bytesMax: 1_000_000 }]
  const signal = new AbortController().signal
  void records.fetch(scope, { partitions, ...request, signal }).then((result) => (fetching.result = result))
  return fetching
}

test('a reader of committed records sleeps through an open transaction and wakes at its end', async () => {
  const it = await cluster()
  const fetching = waitingFetch(it, 0)
  await sendInTransaction(it, 'x', 0)
  await settled()
  assert.equal(fetching.result, undefined)
  await end(it, true)
  await settled()
  assert.deepEqual(delivered(fetching.result![0], 0, 'read-committed'), ['x'])
})

test('a reader of committed records wakes for a record that is in no transaction', async () => {
  const it = await cluster()
  const fetching = waitingFetch(it, 0)
  await settled()
  await send(it, ['x'])
  await settled()
  assert.deepEqual(delivered(fetching.result![0], 0, 'read-committed'), ['x'])
})

for (const how of ['dies', 'stops'] as const) {
  test(`a transaction stays open, and an aborted one aborted, when the process ${how}`, async () => {
    const it = await cluster()
    const other = { producerId: 8 }
    await sendInTransaction(it, 'aborted', 0)
    await end(it, false)
    await sendInTransaction(it, 'open', 0, other)
    if (how === 'stops') await it.records[Symbol.asyncDispose]()
    it.restart()
    assert.equal(await stable(it), 2)
    assert.deepEqual(await committed(it), [])
    await end(it, true, other)
    assert.deepEqual(await committed(it), ['open'])
  })
}

test('transactions that were aborted long ago are found in tables', async () => {
  const it = await cluster({ saving: { abortedHeld: 2, everyBatches: 10 } })
  for (let round = 0; round < 20; round++) {
    await sendInTransaction(it, `bad ${round}`, round)
    await end(it, false)
    await send(it, [`good ${round}`])
  }
  const good = Array.from({ length: 20 }, (_, round) => `good ${round}`)
  assert.deepEqual(await committed(it), good)
  assert.deepEqual(await committed(it, 15), good.slice(5))
  await it.records[Symbol.asyncDispose]()
  it.restart()
  assert.deepEqual(await committed(it), good)
})

test('aborted transactions are forgotten with the records that they were about', async () => {
  const it = await cluster({ saving: { abortedHeld: 0 } })
  for (let round = 0; round < 3; round++) {
    await sendInTransaction(it, 'bad', round)
    await end(it, false)
    await it.records.checkpoint(it.scope, at)
  }
  const rows = async () =>
    (await it.scope.tables.query({ table: 'streams.aborted', pk: await key(it), limit: 10 })).records
  assert.equal((await rows()).length, 3)
  await it.scope.log.deleteRecords(at, 4)
  await send(it, ['more'])
  await it.records.checkpoint(it.scope, at)
  assert.equal((await rows()).length, 1)
})

const key = async ({ scope }: RecordCluster): Promise<string> => `${(await scope.log.topic(at.topic))!.id}/0`

test('an end that is repeated, comes too late or ends nothing writes nothing', async () => {
  const it = await cluster()
  assert.deepEqual(await end(it, false), { ok: true })
  await sendInTransaction(it, 'x', 0, { producerEpoch: 1 })
  assert.deepEqual(await end(it, false, { producerEpoch: 0 }), { ok: true })
  assert.equal(await logEnd(it), 1)
  await end(it, true, { producerEpoch: 1 })
  await end(it, true, { producerEpoch: 1 })
  assert.equal(await logEnd(it), 2)
  assert.deepEqual(await committed(it), ['x'])
})

test('a transaction ends only where there is a partition', async () => {
  const it = recordCluster()
  assert.deepEqual(await end(it, true), { ok: false, reason: 'no-such-partition' })
})

test('an end whose acknowledgement was lost is written once', async () => {
  let isLosing = false
  const faults: Faults = {
    ...noFaults,
    after(operation) {
      if (isLosing && operation === 'log.append') throw new KoineError('unavailable', 'The answer was lost.')
    },
  }
  const it = await cluster({ faults })
  await sendInTransaction(it, 'x', 0)
  isLosing = true
  await assert.rejects(end(it, true), { code: 'unavailable' })
  isLosing = false
  await end(it, true)
  assert.equal(await logEnd(it), 2)
  assert.deepEqual(await committed(it), ['x'])
})

test('the marker says how the transaction ended, and by whom', async () => {
  const it = await cluster()
  await sendInTransaction(it, 'x', 0)
  await end(it, false)
  const read = await readNow(it, at)
  assert.ok(read.ok)
  assert.deepEqual(readEndMarker(read.batches[1]!), { commit: false, coordinatorEpoch: 3 })
})

test('a batch outside of its producer’s open transaction is refused', async () => {
  const it = await cluster()
  await sendInTransaction(it, 'x', 0)
  const outcome = await send(it, ['y'], { ...producer, baseSequence: 1 })
  assert.equal(!outcome.ok && outcome.reason, 'invalid-transaction-state')
  await end(it, true)
  assert.ok((await send(it, ['y'], { ...producer, baseSequence: 1 })).ok)
})

const refusals = {
  'invalid-transaction-state': 'not-in-transaction',
  'producer-fenced': 'stale-producer-epoch',
} as const
for (const problem of Object.keys(refusals) as TransactionProblem[]) {
  test(`a transactional batch whose gate says ${problem} is refused as ${refusals[problem]}`, async () => {
    const it = await cluster({ gate: { problem: () => Promise.resolve(problem) } })
    const outcome = await sendInTransaction(it, 'x', 0)
    assert.equal(!outcome.ok && outcome.reason, refusals[problem])
    assert.equal(await logEnd(it), 0)
  })
}

test('a batch whose turn comes after the end of its transaction is refused, and one sent again is answered', async () => {
  let isOpen = true
  const it = await cluster({
    gate: { problem: () => Promise.resolve(isOpen ? undefined : 'invalid-transaction-state') },
  })
  await sendInTransaction(it, 'x', 0)
  isOpen = false
  const [, late, again] = await Promise.all([
    end(it, true),
    sendInTransaction(it, 'y', 1),
    sendInTransaction(it, 'x', 0),
  ])
  assert.equal(!late.ok && late.reason, 'not-in-transaction')
  assert.equal(again.ok && again.baseOffset, 0)
  assert.deepEqual(await committed(it), ['x'])
})

test('after an end in a newer epoch the producer goes on in that epoch, from sequence 0', async () => {
  const it = await cluster()
  await sendInTransaction(it, 'x', 0)
  await end(it, false, { producerEpoch: 1 })
  const zombie = await sendInTransaction(it, 'y', 1)
  assert.equal(!zombie.ok && zombie.reason, 'stale-producer-epoch')
  const late = await sendInTransaction(it, 'y', 1, { producerEpoch: 1 })
  assert.equal(!late.ok && late.reason, 'out-of-order-sequence')
  assert.ok((await sendInTransaction(it, 'y', 0, { producerEpoch: 1 })).ok)
})

test('more transactions than a partition remembers producers are refused', async () => {
  const it = await cluster({ limits: { producersPerPartition: 2 } })
  for (const producerId of [1, 2]) await sendInTransaction(it, 'x', 0, { producerId })
  const outcome = await sendInTransaction(it, 'x', 0, { producerId: 3 })
  assert.equal(!outcome.ok && outcome.reason, 'too-many-transactions')
  await end(it, true, { producerId: 1 })
  assert.ok((await sendInTransaction(it, 'x', 0, { producerId: 3 })).ok)
})

test('records that go while a transaction is open take its beginning with them, not its end', async () => {
  const it = await cluster()
  await sendInTransaction(it, 'gone', 0)
  await send(it, ['seen'])
  await it.records.checkpoint(it.scope, at)
  await send(it, ['last'])
  await end(it, true)
  // The end goes too, and this process never kept what it said.
  await it.scope.log.deleteRecords(at, await logEnd(it))
  it.restart()
  await send(it, ['new'])
  assert.deepEqual(await committed(it, 4), ['new'])
})

test('who writes is described with the transaction that is open', async () => {
  const it = await cluster()
  await send(it, ['a', 'b'], { producerId: 1, producerEpoch: 4, baseSequence: 0, timestampMs: 50 })
  await sendInTransaction(it, 'x', 0, { timestampMs: 60 })
  const described = await it.records.producers(it.scope, at)
  assert.deepEqual(described, [
    {
      producerId: 1,
      producerEpoch: 4,
      lastSequence: 1,
      lastTimestampMs: 51,
      coordinatorEpoch: -1,
      transactionFirstOffset: -1,
    },
    {
      producerId: 7,
      producerEpoch: 0,
      lastSequence: 0,
      lastTimestampMs: 60,
      coordinatorEpoch: -1,
      transactionFirstOffset: 2,
    },
  ])
  await end(it, true)
  const [, after] = (await it.records.producers(it.scope, at))!
  assert.deepEqual([after!.coordinatorEpoch, after!.transactionFirstOffset], [3, -1])
  assert.equal(await it.records.producers(it.scope, { topic: 'absent', partition: 0 }), undefined)
})
