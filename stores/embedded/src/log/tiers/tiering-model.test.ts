import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@koine/base'
import { baseOffset } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import { MemoryLog } from '@koine/stores-ports/memory'
import fc from 'fast-check'
import { batch } from '../opened-log.ts'
import { TieredLog } from './tiered-log.ts'

const topics = ['a', 'b']
const topic = fc.constantFrom(...topics)
const percent = fc.nat(100)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('append' as const), topic, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('give up' as const), topic, percent }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rewrite' as const), topic, percent }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete topic' as const), topic }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), isOn: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), turns: fc.nat(200) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

test('whatever happens in between, a log in two tiers reads as one in memory does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 10),
      fc.array(step, { minLength: 5, maxLength: 30 }),
      async (localMs, steps) => {
        await using tiered = new TieredLog({ tiering: { localMs } })
        const model = new MemoryLog({ clock: systemClock }).forTenant(tiered.opened.tenant)
        for (const name of topics) await both(tiered, model, (log) => log.createTopic({ name, partitions: 1 }))
        let made = 0
        for (const one of steps) made = await take(one, { tiered, model, made })
        for (const name of topics) await compare(tiered.log, model, name)
        tiered.failing.clear()
        await tiered.opened.reopen()
        for (const name of topics) await compare(tiered.log, model, name)
      },
    ),
    { numRuns: 20 },
  )
})

interface Run {
  readonly tiered: TieredLog
  readonly model: TenantLog
  /** How many batches there were so far. */
  readonly made: number
}

async function take(step: Step, { tiered, model, made }: Run): Promise<number> {
  const of = async (percentage: number, name: string): Promise<number> =>
    Math.floor(((await model.bounds({ topic: name, partition: 0 }))!.endOffset * percentage) / 100)
  if (step.kind === 'append') {
    const at = { topic: step.topic, partition: 0 }
    for (let i = 0; i < step.count; i++) await both(tiered, model, (log) => log.append(at, batch(`n${made + i}`)))
    return made + step.count
  }
  if (step.kind === 'give up') {
    const before = await of(step.percent, step.topic)
    await both(tiered, model, (log) => log.deleteRecords({ topic: step.topic, partition: 0 }, before))
  } else if (step.kind === 'rewrite') {
    const before = await of(step.percent, step.topic)
    const replace = (each: Uint8Array) => (baseOffset(each) % 3 === 0 ? undefined : each)
    // How far it comes is each engine's own affair, so that both are told to leave out the same.
    await both(tiered, model, (log) => log.rewrite({ topic: step.topic, partition: 0 }, { before, replace }))
  } else if (step.kind === 'delete topic') {
    await both(tiered, model, (log) => log.deleteTopic(step.topic))
    await both(tiered, model, (log) => log.createTopic({ name: step.topic, partitions: 1 }))
  } else if (step.kind === 'reopen') await tiered.opened.reopen()
  else if (step.kind === 'fail') {
    for (const name of ['put', 'delete', 'head']) tiered.failing[step.isOn ? 'add' : 'delete'](`blobs.${name}`)
  } else for (let turn = 0; turn < step.turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  return made
}

async function both(tiered: TieredLog, model: TenantLog, action: (log: TenantLog) => Promise<unknown>): Promise<void> {
  await action(model)
  await action(tiered.log)
}

async function compare(log: TenantLog, model: TenantLog, name: string): Promise<void> {
  const at = { topic: name, partition: 0 }
  assert.deepEqual(await log.bounds(at), await model.bounds(at))
  assert.deepEqual(await offsetsOf(log, name), await offsetsOf(model, name))
}

async function offsetsOf(log: TenantLog, name: string): Promise<[number, string][]> {
  const at = { topic: name, partition: 0 }
  const { startOffset } = (await log.bounds(at))!
  const read = await log.read(at, { offset: startOffset, bytesMax: 1e7 })
  assert.ok(read.ok)
  return read.batches.map((each) => [baseOffset(each), Buffer.from(each).toString('base64')])
}
