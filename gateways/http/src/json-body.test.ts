import assert from 'node:assert/strict'
import test from 'node:test'
import { KoineError } from '@koine/base'
import fc from 'fast-check'
import { parseJsonBody } from './json-body.ts'

const depthMax = 8
const parse = (text: string): unknown => parseJsonBody(Buffer.from(text), depthMax)

/** Levels of arrays and objects in a value. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('it reads what JSON.parse reads, up to the depth, whatever brackets and quotes stand in texts', () => {
  const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('[[[[[[[[[[', '{"', '\\', '"]', '\\"{'))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 12, depthSize: 'large' }, texts, tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 3 }),
    object: fc.dictionary(texts, tie('tree'), { maxKeys: 3 }),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      const text = JSON.stringify(value)
      if (depthOf(value) > depthMax) assert.throws(() => parse(text), /nests deeper/)
      else assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
})

test('whatever the bytes, it answers or says invalid_request', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        parseJsonBody(bytes, depthMax)
      } catch (error) {
        assert.ok(error instanceof KoineError && error.code === 'invalid_request')
      }
    }),
  )
})

test('an escaped pair is a character, and half of one is refused', () => {
  assert.equal(parse('"\\ud83c\\udf0d"'), '🌍')
  for (const text of ['"\\ud83c"', '"\\udf0d\\ud83c"', '["a", {"b": "\\uD800x"}]', '{"\\uDC00": 1}']) {
    assert.throws(() => parse(text), /surrogate/)
  }
})

test('an empty body is none', () => assert.equal(parse(''), undefined))
