import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attributes, AttributeValue } from '@koine/stores-ports'
import fc from 'fast-check'
import { decodeMap, decodeValue, encodeMap, encodeValue } from './attribute-codec.ts'

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array(),
)
const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value')),
    fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { noNullPrototype: true }),
  ),
}))

test('every value of the port comes back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), value, { noNullPrototype: true }), (attributes) => {
      assert.deepEqual(decodeMap(encodeMap(attributes as Attributes)), attributes)
    }),
  )
})

test("doubles outside of DynamoDB's numbers are kept as another type", () => {
  for (const number of [0, 1, -1.5, 1e125, -9e125, 1e-130, Number.MAX_SAFE_INTEGER]) {
    assert.deepEqual(encodeValue(number), { N: String(number) })
  }
  for (const number of [-0, Number.MAX_VALUE, -1e126, Number.MIN_VALUE, 1e-131]) {
    assert.deepEqual(Object.keys(encodeValue(number)), ['SS'])
    assert.ok(Object.is(decodeValue(encodeValue(number)), number))
  }
})

test('a type that the port does not have is refused', () => {
  assert.throws(() => decodeValue({ NS: ['1', '2'] }), { code: 'unavailable' })
})
