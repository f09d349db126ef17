import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonTokens } from './json-tokens.ts'

test('the pieces joined are the printed value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = jsonTokens(value)
        .map((token) => token.text)
        .join('')
      assert.equal(text, JSON.stringify(value, undefined, 2))
    }),
  )
})

test('keys, strings, numbers and words are told apart', () => {
  const kinds = jsonTokens({ a: 'b: c', n: -1.5e3, t: true, z: null }).filter(({ kind }) => kind !== 'plain')
  assert.deepEqual(
    kinds.map(({ kind, text }) => `${kind} ${text}`),
    ['key "a"', 'string "b: c"', 'key "n"', 'number -1500', 'key "t"', 'word true', 'key "z"', 'word null'],
  )
})

test('a huge value is cut', () => {
  const text = jsonTokens({ text: 'x'.repeat(100_000) })
    .map((token) => token.text)
    .join('')
  assert.ok(text.length < 21_000 && text.endsWith('… cut'))
})
