import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Condition, Operation, OutboxEvent, RecordKey } from '../tables.ts'
import { keyOf, keyText } from '../table-keys.ts'
import type { Cases } from './suite.ts'
import { at, drained, event, numberOf, stateOf, type WithTables } from './tables-case.ts'
import { TablesModel } from './tables-model-state.ts'

const sks = ['', 'a', 'ab', 'é', '\ue000', '🌍']
const pks = ['p', 'q']
const key = fc.record({ sk: fc.constantFrom(...sks), pk: fc.constantFrom(...pks) })
const scalar = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom('', 'x', true, null))
const name = fc.constantFrom('a', 'b', 'c')
const number = fc.integer({ min: -9, max: 9 })
const expiresInMs = fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 4 })
const condition: fc.Arbitrary<Condition | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.constantFrom('absent' as const, 'present' as const),
  fc.record({ version: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ equals: fc.dictionary(name, scalar, { maxKeys: 2, noNullPrototype: true }) }),
)

/** Operations on `(pk, sk)` with relative expiries, made absolute and put in a run's own groups when they are used. */
const step = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      condition,
      expiresInMs,
      set: fc.dictionary(name, scalar, { noNullPrototype: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      key,
      condition,
      expiresInMs: fc.oneof(expiresInMs, fc.constant(null)),
      // Three names, so that none appears in two of the three.
      set: fc.dictionary(fc.constantFrom('a'), scalar, { noNullPrototype: true }),
      add: fc.dictionary(fc.constantFrom('b'), number, { noNullPrototype: true }),
      remove: fc.subarray(['c']),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key, condition }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('check' as const), key, condition }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const batch = fc.record({
  steps: fc.uniqueArray(step, { maxLength: 4, selector: (one) => `${one.key.pk}\0${one.key.sk}` }),
  eventKeys: fc.array(fc.constantFrom('j', 'k'), { maxLength: 2 }),
  passMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 2000 })),
})

function operationOf(step: Step, place: (key: Step['key']) => RecordKey, nowMs: number): Operation {
  const record = place(step.key)
  const condition = step.condition === undefined ? {} : { if: step.condition }
  if (step.kind === 'check') return { check: record, if: step.condition ?? 'present' }
  if (step.kind === 'delete') return { delete: record, ...condition }
  const expiry = step.expiresInMs == null ? {} : { expiresAtMs: nowMs + step.expiresInMs }
  if (step.kind === 'put') return { put: record, attributes: step.set, ...expiry, ...condition }
  const { set, add, remove } = step
  return {
    update: record,
    set,
    add,
    remove,
    ...(step.expiresInMs === null ? { expiresAtMs: null } : expiry),
    ...condition,
  }
}

/** Whether an update would count on a value that is no number: a refusal, which other cases test. */
const countsOnText = (model: TablesModel, operation: Operation): boolean =>
  'update' in operation &&
  Object.keys(operation.add ?? {}).some((name) => {
    const current = model.get(operation.update)?.attributes[name]
    return current !== undefined && typeof current !== 'number'
  })

export const modelCases = (withTables: WithTables, runs: number): Cases => ({
  'random histories read as a simple model of them': withTables(async (tables, { opened: { clock } }) => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 12 }), async (batches) => {
        await drained(tables)
        const suffix = String(run++)
        const place = ({ sk, pk }: Step['key']): RecordKey => at(sk, pk + suffix)
        const model = new TablesModel(() => clock.now())
        const events: OutboxEvent[] = []
        for (const { steps, eventKeys, passMs } of batches) {
          clock.advance(passMs)
          const operations = steps
            .map((one) => operationOf(one, place, clock.now()))
            .filter((one) => !countsOnText(model, one))
          const batchEvents = eventKeys.map((eventKey, i) => event(eventKey, events.length + i))
          const expected = model.write(operations)
          assert.deepEqual(await tables.write({ operations, events: batchEvents }), expected)
          if (expected.ok) events.push(...batchEvents)
          const touched = operations.map(keyOf)
          assert.deepEqual(
            (await tables.getMany(touched)).map((record) => record && [keyText(record.key), stateOf(record)]),
            touched.map((one) => model.get(one) && [keyText(one), model.get(one)]),
          )
        }
        for (const pk of pks) {
          const group = { table: 'things', pk: pk + suffix }
          const page = await tables.query({ ...group, limit: 100 })
          const expected = sks.map((sk) => ({ ...group, sk })).filter((one) => model.get(one))
          assert.deepEqual(
            page.records.map((record) => record.key),
            expected,
          )
          assert.deepEqual(
            page.records.map(stateOf),
            expected.map((one) => model.get(one)),
          )
        }
        const pending = await drained(tables)
        for (const eventKey of ['j', 'k']) {
          const numbers = events.flatMap((one, i) => (one.key === eventKey ? [i] : []))
          assert.deepEqual(pending.filter((one) => one.key === eventKey).map(numberOf), numbers)
        }
      }),
      { numRuns: runs },
    )
  }),
})
