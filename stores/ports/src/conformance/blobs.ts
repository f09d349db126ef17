import assert from 'node:assert/strict'
import { type KoineError, seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import { type Blobs, blobLimits, type TenantBlobs } from '../blobs.ts'
import { type Cases, registerSuite, type Skip } from './suite.ts'

export interface OpenedBlobs extends AsyncDisposable {
  readonly blobs: Blobs
  /** The engine's time, for a blob's `modifiedAtMs`. */
  readonly now: () => number
}

type WithBlobs = (
  body: (blobs: TenantBlobs, opened: OpenedBlobs, tenant: TenantId) => Promise<void>,
) => () => Promise<void>

const randomness = seededRandomness(2)
const newTenant = (): TenantId => tenantIds.make({ clock: systemClock, randomness })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array | undefined): string | undefined => body && new TextDecoder().decode(body)
const isInvalid = (error: unknown): boolean => (error as KoineError).code === 'invalid_request'

async function* chunksOf(...chunks: string[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield bytes(chunk)
}

/** What every engine of the blobs port does. */
export function blobsConformance(
  name: string,
  open: () => Promise<OpenedBlobs>,
  options: { readonly skip?: readonly Skip[] } = {},
): void {
  const withBlobs: WithBlobs = (body) => async () => {
    await using opened = await open()
    const tenant = newTenant()
    await body(opened.blobs.forTenant(tenant), opened, tenant)
  }
  const cases = { ...objectCases(withBlobs), ...listCases(withBlobs), ...boundCases(withBlobs) }
  registerSuite(`blobs: ${name}`, cases, options.skip)
}

const objectCases = (withBlobs: WithBlobs): Cases => ({
  'what was put is read back': withBlobs(async (blobs) => {
    assert.deepEqual(await blobs.put('a/b.txt', bytes('hello')), { ok: true })
    assert.equal(text(await blobs.get('a/b.txt')), 'hello')
    assert.equal(await blobs.get('a'), undefined)
    assert.equal(await blobs.get('a/b'), undefined)
  }),
  'an object may be empty': withBlobs(async (blobs) => {
    await blobs.put('empty', new Uint8Array())
    assert.deepEqual(await blobs.get('empty'), new Uint8Array())
    assert.equal((await blobs.head('empty'))?.bytes, 0)
    assert.deepEqual(await blobs.getRange('empty', 0, 10), new Uint8Array())
  }),
  'a body may come in chunks': withBlobs(async (blobs) => {
    await blobs.put('a', chunksOf('one ', '', 'two ', 'three'))
    assert.equal(text(await blobs.get('a')), 'one two three')
  }),
  'a body that breaks off leaves the old object': withBlobs(async (blobs) => {
    await blobs.put('a', bytes('old'))
    const broken = (async function* () {
      yield bytes('new, but ')
      throw new Error('the sender left')
    })()
    await assert.rejects(blobs.put('a', broken), /the sender left/)
    assert.equal(text(await blobs.get('a')), 'old')
  }),
  'later changes to the bytes given or returned do not reach the object': withBlobs(async (blobs) => {
    const body = Buffer.from('abc')
    await blobs.put('a', body)
    body[0] = 0
    const read = await blobs.get('a')
    read![1] = 0
    assert.equal(text(await blobs.get('a')), 'abc')
  }),
  'putting again replaces body and content type': withBlobs(async (blobs, { now }) => {
    await blobs.put('a', bytes('a longer one'), { contentType: 'text/plain; charset=utf-8' })
    const before = now()
    await blobs.put('a', bytes('short'))
    const head = await blobs.head('a')
    assert.equal(text(await blobs.get('a')), 'short')
    assert.equal(head?.bytes, 5)
    assert.equal(head?.contentType, undefined)
    assert.ok(head.modifiedAtMs >= before - 2000 && head.modifiedAtMs <= now() + 2000)
  }),
  'ifAbsent refuses to replace': withBlobs(async (blobs) => {
    assert.deepEqual(await blobs.put('a', bytes('first'), { ifAbsent: true, contentType: 'text/plain' }), { ok: true })
    assert.deepEqual(await blobs.put('a', bytes('second'), { ifAbsent: true }), { ok: false })
    assert.equal(text(await blobs.get('a')), 'first')
    assert.equal((await blobs.head('a'))?.contentType, 'text/plain')
    await blobs.delete('a')
    assert.deepEqual(await blobs.put('a', bytes('third'), { ifAbsent: true }), { ok: true })
  }),
  'of many that put if absent at once, one succeeds': withBlobs(async (blobs) => {
    const put = (i: number): Promise<{ ok: boolean }> => blobs.put('deep/in/here', bytes(`${i}`), { ifAbsent: true })
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => put(i)))
    const winners = results.flatMap(({ ok }, i) => (ok ? [`${i}`] : []))
    assert.deepEqual(winners, [text(await blobs.get('deep/in/here'))])
  }),
  'a reader beside writers sees one whole object': withBlobs(async (blobs) => {
    const body = (i: number): Uint8Array => new Uint8Array(50_000).fill(i)
    await blobs.put('a', body(0))
    const writes = Array.from({ length: 20 }, (_, i) => blobs.put('a', body(i)))
    for (let i = 0; i < 20; i++) {
      const read = await blobs.get('a')
      assert.equal(read?.length, 50_000)
      assert.ok(read.every((byte) => byte === read[0]))
    }
    await Promise.all(writes)
  }),
  'a range is cut at the end and empty past it': withBlobs(async (blobs) => {
    await blobs.put('a', bytes('0123456789'))
    const check = async (start: number, length: number, expected: string): Promise<void> =>
      assert.equal(text(await blobs.getRange('a', start, length)), expected)
    await check(0, 3, '012')
    await check(4, 2, '45')
    await check(8, 5, '89')
    await check(10, 5, '')
    await check(100, 5, '')
    await check(2, 0, '')
    assert.equal(await blobs.getRange('b', 0, 1), undefined)
  }),
  'deleting takes the object away and may be repeated': withBlobs(async (blobs) => {
    await blobs.put('a/b', bytes('x'))
    await blobs.put('a/c', bytes('y'))
    await blobs.delete('a/b')
    await blobs.delete('a/b')
    await blobs.delete('never/was')
    assert.equal(await blobs.get('a/b'), undefined)
    assert.equal(await blobs.head('a/b'), undefined)
    assert.equal(text(await blobs.get('a/c')), 'y')
  }),
  'puts and deletes side by side in one folder disturb nobody': withBlobs(async (blobs) => {
    const churn = async (key: string): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        await blobs.put(key, bytes(key))
        assert.equal(text(await blobs.get(key)), key)
        await blobs.delete(key)
      }
    }
    await Promise.all(['x/y/1', 'x/y/2', 'x/3', 'x/y/z/4'].map(churn))
    assert.deepEqual((await blobs.list({ prefix: '', limit: 10 })).blobs, [])
  }),
  'tenants share nothing, and dropping one leaves the others': withBlobs(async (blobs, { blobs: whole }, tenant) => {
    const other = whole.forTenant(newTenant())
    await blobs.put('a', bytes('mine'))
    await other.put('a', bytes('theirs'))
    assert.equal(text(await blobs.get('a')), 'mine')
    await whole.dropTenant(tenant)
    await whole.dropTenant(tenant)
    assert.equal(await blobs.get('a'), undefined)
    assert.deepEqual((await blobs.list({ prefix: '', limit: 10 })).blobs, [])
    assert.equal(text(await other.get('a')), 'theirs')
    await blobs.put('a', bytes('again'))
    assert.equal(text(await blobs.get('a')), 'again')
  }),
})

/** In the order of their UTF-8 bytes, with the traps: case, `/` among other characters, U+FFEE before U+10000, long parts. */
const sortedKeys = [
  'A',
  'B/x',
  'a',
  'a!',
  'a-b',
  'a.b',
  'a/b',
  'a/b/c',
  'a/b0',
  'a0',
  'aa',
  'a\u00e9',
  'b ~%25',
  `c${'x'.repeat(78)}`,
  `c${'x'.repeat(79)}`,
  `c${'x'.repeat(79)}!`,
  `c${'x'.repeat(79)}/y`,
  `c${'x'.repeat(79)}0`,
  `c${'x'.repeat(400)}/${'z'.repeat(400)}`,
  '\uffee',
  '\u{10000}',
]

const listCases = (withBlobs: WithBlobs): Cases => ({
  'a list is in the order of the bytes of the keys': withBlobs(async (blobs) => {
    for (const key of sortedKeys.toReversed()) await blobs.put(key, bytes(key), { contentType: 'text/x' })
    const { blobs: listed, cursor } = await blobs.list({ prefix: '', limit: 1000 })
    assert.deepEqual(
      listed.map(({ key }) => key),
      sortedKeys,
    )
    assert.equal(cursor, undefined)
    for (const info of listed) assert.deepEqual(info, await blobs.head(info.key))
  }),
  'pages follow one another by cursor, for any size of page': withBlobs(async (blobs) => {
    for (const key of sortedKeys) await blobs.put(key, bytes(key))
    for (const limit of [1, 2, 3, sortedKeys.length]) {
      assert.deepEqual(await allKeys(blobs, '', limit), sortedKeys)
    }
  }),
  'a prefix is any text, not only whole parts': withBlobs(async (blobs) => {
    for (const key of sortedKeys) await blobs.put(key, bytes(key))
    for (const prefix of ['a', 'a/', 'a/b', 'B/', 'c', `c${'x'.repeat(79)}`, 'b %', 'zzz', '\u{10000}']) {
      const expected = sortedKeys.filter((key) => key.startsWith(prefix))
      assert.deepEqual(await allKeys(blobs, prefix, 2), expected, `prefix ${prefix}`)
    }
  }),
  'a cursor stays good when the key it stood on is gone': withBlobs(async (blobs) => {
    for (const key of ['a', 'b', 'c']) await blobs.put(key, bytes(key))
    const { cursor } = await blobs.list({ prefix: '', limit: 2 })
    await blobs.delete('b')
    assert.deepEqual(
      (await blobs.list({ prefix: '', limit: 2, cursor: cursor! })).blobs.map(({ key }) => key),
      ['c'],
    )
  }),
  'a cursor or a limit that is not ours is refused': withBlobs(async (blobs) => {
    await assert.rejects(blobs.list({ prefix: '', limit: 1, cursor: 'nonsense' }), isInvalid)
    for (const limit of [0, -1, 1.5, blobLimits.listBlobs + 1]) {
      await assert.rejects(blobs.list({ prefix: '', limit }), isInvalid)
    }
  }),
})

async function allKeys(blobs: TenantBlobs, prefix: string, limit: number): Promise<string[]> {
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const page = await blobs.list(cursor === undefined ? { prefix, limit } : { prefix, limit, cursor })
    assert.ok(page.blobs.length <= limit)
    keys.push(...page.blobs.map(({ key }) => key))
    cursor = page.cursor
  } while (cursor !== undefined)
  return keys
}

const badKeys = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/./b',
  'a\0b',
  'a\nb',
  '\ud800',
  'x'.repeat(1025),
]

const boundCases = (withBlobs: WithBlobs): Cases => ({
  'a key that can not be one is refused by every operation': withBlobs(async (blobs) => {
    for (const key of badKeys) {
      await assert.rejects(blobs.put(key, bytes('x')), isInvalid, JSON.stringify(key))
      await assert.rejects(blobs.get(key), isInvalid)
      await assert.rejects(blobs.getRange(key, 0, 1), isInvalid)
      await assert.rejects(blobs.head(key), isInvalid)
      await assert.rejects(blobs.delete(key), isInvalid)
      await assert.rejects(blobs.presign(key, { method: 'GET', expiresInMs: 1000 }), isInvalid)
    }
  }),
  'keys that look like paths and escapes are only keys': withBlobs(async (blobs) => {
    const odd = [
      '...',
      '..a',
      '~',
      'C:\\x',
      'a\\..\\b',
      '%2e%2e/x',
      'con',
      ' ',
      '-rf',
      'x'.repeat(1024),
      'é'.repeat(512),
    ]
    for (const key of odd) await blobs.put(key, bytes(key))
    for (const key of odd) assert.equal(text(await blobs.get(key)), key)
    assert.deepEqual((await allKeys(blobs, '', 3)).sort(), odd.sort())
  }),
  'a range or a content type that can not be one is refused': withBlobs(async (blobs) => {
    await blobs.put('a', bytes('x'))
    for (const [start, length] of [
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, NaN],
    ] as const) {
      await assert.rejects(blobs.getRange('a', start, length), isInvalid)
    }
    await assert.rejects(blobs.put('b', bytes('x'), { contentType: 'text/plain\r\nX: y' }), isInvalid)
  }),
  'a presigned URL names the object, and lives for no longer than it may': withBlobs(async (blobs) => {
    const url = await blobs.presign('a b/ü', { method: 'GET', expiresInMs: 1000 })
    assert.match(url, /a%20b\/%C3%BC\?/)
    assert.notEqual(url, await blobs.presign('a b/ü', { method: 'PUT', expiresInMs: 1000 }))
    for (const expiresInMs of [0, -1, NaN, blobLimits.presignMs + 1]) {
      await assert.rejects(blobs.presign('a', { method: 'GET', expiresInMs }), isInvalid)
    }
  }),
})
