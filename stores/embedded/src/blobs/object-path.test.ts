import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytewise } from '@koine/stores-ports'
import fc from 'fast-check'
import { namesOf, readName, textOf } from './object-path.ts'

/** Short alphabets, so that keys often begin alike, and parts around the length at which a name is continued. */
const part = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'B', '-', '0', '!', '~', 'é', '\u{1f600}', '%', '.'),
    minLength: 1,
    maxLength: 4,
  }),
  fc.integer({ min: 78, max: 170 }).chain((length) => fc.constantFrom('x'.repeat(length), `${'x'.repeat(length)}/`)),
)
const key = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/').replace(/\/+/g, '/').replace(/\/$/, ''))
  .filter((text) => !/(^|\/)\.\.?(\/|$)/.test(text))

test('a key is read back from its names', () => {
  fc.assert(
    fc.property(key, (text) => {
      assert.equal(
        textOf(
          namesOf(text)
            .map((name) => readName(name)!.adds)
            .join(''),
        ),
        text,
      )
    }),
  )
})

test('no name is over 255 bytes, holds a separator, or is special to a file system', () => {
  fc.assert(
    fc.property(key, (text) => {
      for (const name of namesOf(text)) assert.match(name, /^[odc][a-z0-9._%-]{0,240}$/)
    }),
  )
})

test('walking names in the order of what they add gives keys in the order of their bytes', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const [left, right] = [namesOf(a), namesOf(b)]
      const fork = left.findIndex((name, i) => name !== right[i])
      if (fork === -1) return assert.equal(a, b)
      const [one, other] = [readName(left[fork]!)!.adds, readName(right[fork]!)!.adds]
      assert.notEqual(one, other)
      assert.equal(one < other, compareBytewise(a, b) < 0)
    }),
  )
})

test('a name that is not one of ours is none', () => {
  for (const name of ['', '.', '..', 'lost+found', 'Oa', 'tmp']) assert.equal(readName(name), undefined)
})
