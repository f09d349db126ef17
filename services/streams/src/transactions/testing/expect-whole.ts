import assert from 'node:assert/strict'
import { decodeRecordBatch, readEndMarker } from '@koine/protocols-kafka/record-batch'
import fc from 'fast-check'
import { histories, World } from './world.ts'
import { type Attempt, groupOf, partitions, type Process, topic } from './writer.ts'

/** How often each label stands in a partition, as a read-committed consumer sees it. */
async function committed({ streams, scope }: Process, partition: number): Promise<ReadonlyMap<number, number>> {
  const wanted = { topic, partition, offset: 0, bytesMax: 1e7 }
  const [fetched] = await streams.fetch(scope, {
    partitions: [wanted],
    bytesMin: 0,
    waitMsMax: 0,
    bytesMax: 1e7,
    isolation: 'read-committed',
    signal: new AbortController().signal,
  })
  assert.ok(fetched?.ok)
  const toCome = [...fetched.abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<number>()
  const counts = new Map<number, number>()
  for (const batch of fetched.batches) {
    const { header, records } = decodeRecordBatch(batch)
    while (toCome[0] && toCome[0].firstOffset <= header.baseOffset) aborted.add(toCome.shift()!.producerId)
    if (header.isControl && readEndMarker(batch)?.commit === false) aborted.delete(header.producerId)
    if (header.isControl || aborted.has(header.producerId)) continue
    for (const { value } of records) {
      const label = Number(Buffer.from(value!).toString())
      counts.set(label, (counts.get(label) ?? 0) + 1)
    }
  }
  return counts
}

async function expectNothingOpen({ streams, scope }: Process): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const bounds = await scope.log.bounds({ topic, partition })
    const stable = await streams.lastStableOffset(scope, { topic, partition })
    assert.equal(stable, bounds!.endOffset, 'nothing keeps readers waiting')
  }
  const filter = { states: [], producerIds: [], durationMs: -1, idPattern: null }
  const listed = await streams.transactions.list(scope, filter)
  assert.ok(listed.ok)
  for (const { state } of listed.transactions) assert.match(state, /Empty|Complete/)
  for (const id of ['a', 'b']) assert.equal((await streams.transactions.pendingOffsets(scope, groupOf(id))).size, 0)
}

/** @returns whether the transaction was committed */
function expectWhole(attempt: Attempt, seen: readonly ReadonlyMap<number, number>[]): boolean {
  const counts = seen.map((labels) => labels.get(attempt.label) ?? 0)
  const isCommitted = counts.some((count) => count > 0)
  const what = JSON.stringify({ attempt, counts })
  if (attempt.ended === 'commit') assert.ok(isCommitted, `an acknowledged commit is lost: ${what}`)
  if (!attempt.isCommitSent) assert.ok(!isCommitted, `nobody committed it: ${what}`)
  if (!isCommitted) return false
  for (const [partition, count] of counts.entries()) {
    assert.equal(count, attempt.acknowledged[partition], `it is committed in part, or doubled: ${what}`)
  }
  return true
}

/**
 * Lets producers, zombies, crashes, failures and timeouts meet in many orders, and checks what is left each time.
 * @returns how many transactions were committed in all
 */
export async function expectWholeTransactions(runs: number): Promise<number> {
  let commits = 0
  const property = fc.asyncProperty(histories, async ({ seed, acts }) => {
    const world = new World(seed)
    await world.makeTopic()
    for (const each of acts) await world.act(each)
    await world.comeToRest()
    const { process, attempts } = world
    await expectNothingOpen(process)
    const seen = await Promise.all([committed(process, 0), committed(process, 1)])
    const whole = attempts.filter((attempt) => expectWhole(attempt, seen))
    commits += whole.length
    for (const id of ['a', 'b']) {
      const given = whole.filter(({ transactionalId, isGiven }) => transactionalId === id && isGiven)
      const [offset] = await process.scope.log.committedOffsets(groupOf(id))
      assert.equal(offset?.offset, given.at(-1)?.label, 'the group’s offset is of the last commit that gave it one')
    }
  })
  await fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: 300_000, markInterruptAsFailure: true })
  return commits
}
