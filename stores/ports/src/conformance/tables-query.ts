import assert from 'node:assert/strict'
import { type Query, tableLimits, type TenantTables } from '../tables.ts'
import type { Cases } from './suite.ts'
import { at, put, rejection, sortKeys, type WithTables } from './tables-case.ts'

/** In the order of their UTF-8 bytes. UTF-16 units would put the two emoji ahead of U+E000 and U+FFFD. */
const ordered = [
  '',
  '\u0001',
  '\t',
  ' ',
  '!',
  '0',
  '10',
  '9',
  'A',
  'Z',
  'a',
  'a ',
  'aa',
  'b',
  '\u007f',
  '\u0080',
  'é',
  'ߕ',
  'ࠀ',
  '文',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '🌍',
  '🌍a',
  '🙂',
  '\u{10ffff}',
]

const letters = ['a', 'b', 'c', 'd', 'e', 'f']

async function fill(tables: TenantTables, sks: readonly string[], pk = 'group'): Promise<void> {
  await tables.write({ operations: sks.map((sk) => put(at(sk, pk), { sk })) })
}

async function found(tables: TenantTables, query: Omit<Query, 'table' | 'pk'>): Promise<string> {
  const page = await tables.query({ table: 'things', pk: 'group', ...query })
  return page.records.map(({ key }) => key.sk).join('')
}

async function pages(tables: TenantTables, query: Omit<Query, 'table' | 'pk'>): Promise<string[]> {
  const texts: string[] = []
  let cursor: string | undefined
  do {
    const page = await tables.query({
      table: 'things',
      pk: 'group',
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    })
    texts.push(page.records.map(({ key }) => key.sk).join(''))
    cursor = page.cursor
  } while (cursor !== undefined)
  return texts.filter((text) => text !== '')
}

export const queryCases = (withTables: WithTables): Cases => ({
  'records are ordered by the UTF-8 bytes of their sort keys': withTables(async (tables) => {
    await fill(tables, ordered.toReversed())
    assert.deepEqual(await sortKeys(tables), ordered)
    const down = await tables.query({ table: 'things', pk: 'group', direction: 'descending', limit: 100 })
    assert.deepEqual(
      down.records.map(({ key }) => key.sk),
      ordered.toReversed(),
    )
    assert.deepEqual(down.records[0], { key: at('\u{10ffff}'), attributes: { sk: '\u{10ffff}' }, version: 1 })
  }),
  'each sort key as a bound cuts the order there': withTables(async (tables) => {
    await fill(tables, ordered)
    for (const [i, sk] of ordered.entries()) {
      assert.equal(await found(tables, { from: sk, limit: 100 }), ordered.slice(i).join(''))
      assert.equal(await found(tables, { before: sk, limit: 100 }), ordered.slice(0, i).join(''))
    }
  }),
  'a range takes in its start and leaves out its end, in both directions': withTables(async (tables) => {
    await fill(tables, letters)
    assert.equal(await found(tables, { from: 'b', before: 'e', limit: 10 }), 'bcd')
    assert.equal(await found(tables, { from: 'b', before: 'e', direction: 'descending', limit: 10 }), 'dcb')
    assert.equal(await found(tables, { from: 'bb', before: 'dd', limit: 10 }), 'cd')
    assert.equal(await found(tables, { from: 'e', before: 'b', limit: 10 }), '')
    assert.equal(await found(tables, { from: 'c', before: 'c', limit: 10 }), '')
    assert.equal(await found(tables, { from: 'x', limit: 10 }), '')
  }),
  'the limit takes the first in the direction': withTables(async (tables) => {
    await fill(tables, letters)
    assert.equal(await found(tables, { limit: 2 }), 'ab')
    assert.equal(await found(tables, { limit: 2, direction: 'descending' }), 'fe')
    assert.equal(await found(tables, { limit: 2, from: 'c' }), 'cd')
    assert.equal(await found(tables, { limit: 2, before: 'c', direction: 'descending' }), 'ba')
  }),
  'an empty group has an empty page without a cursor': withTables(async (tables) => {
    assert.deepEqual(await tables.query({ table: 'things', pk: 'group', limit: 1 }), { records: [] })
  }),
  'cursors lead through every record once, in both directions and within ranges': withTables(async (tables) => {
    await fill(tables, letters)
    assert.deepEqual(await pages(tables, { limit: 4 }), ['abcd', 'ef'])
    assert.deepEqual(await pages(tables, { limit: 3 }), ['abc', 'def'])
    assert.deepEqual(await pages(tables, { limit: 2, direction: 'descending' }), ['fe', 'dc', 'ba'])
    assert.deepEqual(await pages(tables, { limit: 2, from: 'b', before: 'f' }), ['bc', 'de'])
    assert.deepEqual(await pages(tables, { limit: 3, from: 'b', before: 'f', direction: 'descending' }), ['edc', 'b'])
  }),
  'cursors lead through sort keys of any script': withTables(async (tables) => {
    await fill(tables, ordered)
    assert.equal((await pages(tables, { limit: 1 })).join(''), ordered.join(''))
    assert.equal((await pages(tables, { limit: 4, direction: 'descending' })).join(''), ordered.toReversed().join(''))
  }),
  'a cursor survives inserts and deletes around it': withTables(async (tables) => {
    await fill(tables, ['b', 'd', 'f', 'h'])
    const query = { table: 'things', pk: 'group', limit: 2 }
    const up = await tables.query(query)
    const down = await tables.query({ ...query, direction: 'descending' })
    await tables.write({
      operations: [put(at('a')), put(at('e')), { delete: at('d') }, { delete: at('f') }, put(at('i'))],
    })
    const next = await tables.query({ ...query, limit: 9, cursor: up.cursor! })
    assert.deepEqual(
      next.records.map(({ key }) => key.sk),
      ['e', 'h', 'i'],
    )
    const previous = await tables.query({ ...query, limit: 9, direction: 'descending', cursor: down.cursor! })
    assert.deepEqual(
      previous.records.map(({ key }) => key.sk),
      ['e', 'b', 'a'],
    )
  }),
  'a malformed cursor, or one of another query, is refused': withTables(async (tables) => {
    await fill(tables, letters)
    await fill(tables, letters, 'other')
    const query = { table: 'things', pk: 'group', limit: 2 }
    const { cursor } = await tables.query(query)
    const strange: Query[] = [
      ...['', 'x', 'not a cursor', '%00', 'AAAAAAAAAAAA', `${cursor}A`, cursor!.slice(1)].map((text) => ({
        ...query,
        cursor: text,
      })),
      { ...query, pk: 'other', cursor: cursor! },
      { ...query, table: 'others', cursor: cursor! },
      { ...query, direction: 'descending', cursor: cursor! },
    ]
    for (const one of strange)
      await assert.rejects(tables.query(one), rejection('invalid_request'), JSON.stringify(one))
  }),
  'groups and tables whose names begin alike are apart': withTables(async (tables) => {
    const keys = [
      at('bc', 'a'),
      at('c', 'ab'),
      at('', 'abc'),
      at('c', 'b', 'a'),
      at('c', 'b', 'ab'),
      at('\u0001', 'a'),
      at('c', 'a\u0001'),
    ]
    await tables.write({ operations: keys.map((key) => put(key)) })
    assert.deepEqual(await sortKeys(tables, 'a'), ['\u0001', 'bc'])
    assert.deepEqual(await sortKeys(tables, 'ab'), ['c'])
    assert.deepEqual(await sortKeys(tables, 'abc'), [''])
    assert.deepEqual(await sortKeys(tables, 'a\u0001'), ['c'])
    assert.deepEqual(await sortKeys(tables, 'b', 'a'), ['c'])
    assert.deepEqual(await sortKeys(tables, 'b', 'ab'), ['c'])
  }),
  'a page ends early at its bytes and its cursor leads on': withTables(async (tables) => {
    const text = 'x'.repeat(300 * 1024)
    for (const sk of letters) await tables.write({ operations: [put(at(sk), { text })] })
    const first = await tables.query({ table: 'things', pk: 'group', limit: 100 })
    assert.ok(first.cursor !== undefined && first.records.length < letters.length)
    assert.ok(first.records.length * text.length <= tableLimits.queryPageBytes + tableLimits.recordBytes)
    assert.equal((await pages(tables, { limit: 100 })).join(''), letters.join(''))
  }),
})
