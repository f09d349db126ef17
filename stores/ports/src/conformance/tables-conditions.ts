import assert from 'node:assert/strict'
import type { Condition, Operation } from '../tables.ts'
import type { Cases } from './suite.ts'
import { at, event, put, rejection, stateOf, type WithTables } from './tables-case.ts'

const held = { text: 'x', number: 1, yes: true, none: null, list: [1] }

/** Conditions against a record of those attributes at version 2, and against an absent one. */
const conditions: readonly (readonly [Condition, { readonly present: boolean; readonly absent: boolean }])[] = [
  ['absent', { present: false, absent: true }],
  ['present', { present: true, absent: false }],
  [{ version: 2 }, { present: true, absent: false }],
  [{ version: 1 }, { present: false, absent: false }],
  [{ version: 3 }, { present: false, absent: false }],
  [{ equals: { text: 'x' } }, { present: true, absent: false }],
  [{ equals: { text: 'x', number: 1, yes: true, none: null } }, { present: true, absent: false }],
  [{ equals: { text: 'x', number: 2 } }, { present: false, absent: false }],
  [{ equals: { text: 'X' } }, { present: false, absent: false }],
  [{ equals: { number: '1' } }, { present: false, absent: false }],
  [{ equals: { yes: false } }, { present: false, absent: false }],
  [{ equals: { none: 'null' } }, { present: false, absent: false }],
  [{ equals: { missing: null } }, { present: false, absent: false }],
  [{ equals: { list: 1 } }, { present: false, absent: false }],
  [{ equals: { toString: 'x' } }, { present: false, absent: false }],
  [{ equals: {} }, { present: true, absent: false }],
]

const kinds: { readonly [kind: string]: (condition: Condition, sk: string) => Operation } = {
  put: (condition, sk) => put(at(sk), { new: 1 }, { if: condition }),
  update: (condition, sk) => ({ update: at(sk), set: { new: 1 }, if: condition }),
  delete: (condition, sk) => ({ delete: at(sk), if: condition }),
  check: (condition, sk) => ({ check: at(sk), if: condition }),
}

export const conditionCases = (withTables: WithTables): Cases => ({
  'a check holds or fails as its condition says, for a record there and for one that is not': withTables(
    async (tables) => {
      await tables.write({ operations: [put(at('there'))] })
      await tables.write({ operations: [put(at('there'), held)] })
      for (const [condition, expected] of conditions) {
        for (const [sk, ok] of [
          ['there', expected.present],
          ['none', expected.absent],
        ] as const) {
          const result = await tables.write({ operations: [{ check: at(sk), if: condition }] })
          assert.deepEqual(
            result,
            ok ? { ok: true } : { ok: false, failed: [0] },
            `${sk}: ${JSON.stringify(condition)}`,
          )
        }
      }
    },
  ),
  'every kind of operation takes a condition and is not done when it fails': withTables(async (tables) => {
    for (const [kind, operation] of Object.entries(kinds)) {
      await tables.write({ operations: [put(at(kind), held)] })
      assert.deepEqual(
        await tables.write({ operations: [operation('absent', kind)] }),
        { ok: false, failed: [0] },
        kind,
      )
      assert.deepEqual(stateOf(await tables.get(at(kind))), { attributes: held, version: 1 }, kind)
      assert.deepEqual(await tables.write({ operations: [operation({ version: 1 }, kind)] }), { ok: true }, kind)
    }
    assert.deepEqual((await tables.get(at('put')))?.attributes, { new: 1 })
    assert.deepEqual((await tables.get(at('update')))?.attributes, { ...held, new: 1 })
    assert.equal(await tables.get(at('delete')), undefined)
    assert.equal((await tables.get(at('check')))?.version, 1)
  }),
  'a failed batch names every condition that failed and writes nothing': withTables(async (tables) => {
    await tables.write({ operations: [put(at('b'), { n: 1 })] })
    const result = await tables.write({
      operations: [
        put(at('a'), {}, { if: 'absent' }),
        put(at('b'), {}, { if: 'absent' }),
        put(at('c')),
        { check: at('d'), if: 'present' },
        { update: at('e'), add: { n: 1 } },
        { delete: at('f'), if: { version: 1 } },
      ],
      events: [event('k', 1)],
    })
    assert.deepEqual(result, { ok: false, failed: [1, 3, 5] })
    assert.deepEqual((await tables.getMany(['a', 'b', 'c', 'e'].map((sk) => at(sk)))).map(stateOf), [
      undefined,
      { attributes: { n: 1 }, version: 1 },
      undefined,
      undefined,
    ])
    assert.deepEqual(await tables.outbox.pending(10), [])
  }),
  'a batch is written over groups and tables at once': withTables(async (tables) => {
    const keys = [at('a', 'one', 'first'), at('a', 'two', 'first'), at('a', 'one', 'second')]
    assert.deepEqual(await tables.write({ operations: keys.map((key) => put(key, {}, { if: 'absent' })) }), {
      ok: true,
    })
    assert.deepEqual(
      (await tables.getMany(keys)).map((record) => record?.version),
      [1, 1, 1],
    )
  }),
  'a batch touches a record at most once, checks counted': withTables(async (tables) => {
    const twice: Operation[][] = [
      [put(at('a')), put(at('a'))],
      [put(at('a')), { delete: at('a') }],
      [{ check: at('a'), if: 'absent' }, put(at('b')), { update: at('a') }],
    ]
    for (const operations of twice) await assert.rejects(tables.write({ operations }), rejection('invalid_request'))
    assert.deepEqual(await tables.getMany([at('a'), at('b')]), [undefined, undefined])
  }),
})
