import assert from 'node:assert/strict'
import type { Condition, TenantTables } from '../tables.ts'
import type { Cases } from './suite.ts'
import { at, put, type WithTables } from './tables-case.ts'

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)))

/** Reads, adds one and writes on the condition that nobody else did; tries until that held. */
async function countByVersion(tables: TenantTables): Promise<void> {
  for (;;) {
    const record = await tables.get(at('counter'))
    const condition: Condition = record ? { version: record.version } : 'absent'
    const count = ((record?.attributes.count as number | undefined) ?? 0) + 1
    const result = await tables.write({ operations: [put(at('counter'), { count }, { if: condition })] })
    if (result.ok) return
    assert.deepEqual(result.failed, [0])
  }
}

export const concurrencyCases = (withTables: WithTables): Cases => ({
  'concurrent conditional increments by version are all counted': withTables(async (tables) => {
    await times(10, async () => {
      for (let i = 0; i < 5; i++) await countByVersion(tables)
    })
    const record = await tables.get(at('counter'))
    assert.equal(record?.attributes.count, 50)
    assert.equal(record.version, 50)
  }),
  'concurrent additions are all counted': withTables(async (tables) => {
    await times(50, () => tables.write({ operations: [{ update: at('counter'), add: { count: 1 } }] }))
    assert.equal((await tables.get(at('counter')))?.attributes.count, 50)
  }),
  'of concurrent creates of one record exactly one wins': withTables(async (tables) => {
    const results = await times(20, (i) => tables.write({ operations: [put(at('a'), { i }, { if: 'absent' })] }))
    const winners = results.flatMap(({ ok }, i) => (ok ? [i] : []))
    assert.equal(winners.length, 1)
    assert.deepEqual((await tables.get(at('a')))?.attributes, { i: winners[0] })
  }),
  'concurrent batches over the same records are serial: none sees half of another': withTables(async (tables) => {
    await tables.write({ operations: [put(at('x'), { n: 0 }), put(at('y'), { n: 0 })] })
    const keys = [at('x'), at('y')]
    await times(20, (i) => {
      const [first, second] = i % 2 === 0 ? keys : keys.toReversed()
      return tables.write({
        operations: [
          { update: first!, add: { n: 1 } },
          { update: second!, add: { n: 1 } },
        ],
      })
    })
    assert.deepEqual(
      (await tables.getMany(keys)).map((record) => record?.attributes.n),
      [20, 20],
    )
    const claims = await times(10, (i) =>
      tables.write({
        operations: keys.map((key) => ({ update: key, set: { owner: i }, if: { version: 21 } }) as const),
      }),
    )
    assert.equal(claims.filter(({ ok }) => ok).length, 1)
    const owners = (await tables.getMany(keys)).map((record) => record?.attributes.owner)
    assert.equal(owners[0], owners[1])
  }),
  'a failing batch among concurrent ones takes none of them with it': withTables(async (tables) => {
    const results = await times(20, (i) =>
      tables
        .write({ operations: [put(at(String(i)), {}, i % 3 === 0 ? { if: 'present' } : {})] })
        .catch(() => 'rejected'),
    )
    assert.deepEqual(
      results,
      results.map((_, i) => (i % 3 === 0 ? { ok: false, failed: [0] } : { ok: true })),
    )
  }),
})
