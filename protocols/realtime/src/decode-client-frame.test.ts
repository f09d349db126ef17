import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Value } from 'typebox/value'
import { type ClientFrame, clientFrameSchemas } from './client-frames.ts'
import { decodeClientFrame, positionsOf } from './decode-client-frame.ts'
import { realtimeLimits } from './limits.ts'

const valid: ClientFrame[] = [
  { type: 'connect', token: 'a.b.c' },
  { type: 'connect', token: 'a.b.c', resume: { conv_1: 0, conv_2: 17 } },
  { type: 'send', ref: '1', conversationId: 'conv_1', clientMessageId: 'm1', text: 'Hello, Ben 👋' },
  { type: 'read', ref: '2', conversationId: 'conv_1', seq: 9 },
  { type: 'catchUp', ref: '3', held: {} },
  { type: 'ping' },
]

test('every kind of frame is decoded to what was sent', () => {
  for (const frame of valid) assert.deepEqual(decodeClientFrame(JSON.stringify(frame)), frame)
})

test('members that are not known are ignored', () => {
  assert.equal(decodeClientFrame('{"type":"ping","later":{"version":2}}').type, 'ping')
})

/** What is wrong, the text, and the ref that the refusal carries. */
const refused: [what: string, text: string, ref?: string][] = [
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['half a frame', '{"type":"pi'],
  ['a number', '7'],
  ['null', 'null'],
  ['an array', '[{"type":"ping"}]'],
  ['no type', '{}'],
  ['an unknown type without a ref', '{"type":"shout"}'],
  ['an unknown type with a ref', '{"type":"shout","ref":"7"}', '7'],
  ['a type of the prototype', '{"type":"constructor"}'],
  ['a send without ref', '{"type":"send","conversationId":"c","clientMessageId":"m","text":"t"}'],
  ['a send with a number as ref', '{"type":"send","ref":1,"conversationId":"c","clientMessageId":"m","text":"t"}'],
  ['a send without text', '{"type":"send","ref":"1","conversationId":"c","clientMessageId":"m"}', '1'],
  ['a send of empty text', '{"type":"send","ref":"1","conversationId":"c","clientMessageId":"m","text":""}', '1'],
  ['a send of a number', '{"type":"send","ref":"1","conversationId":"c","clientMessageId":"m","text":1}', '1'],
  ['a lone surrogate', '{"type":"send","ref":"1","conversationId":"c","clientMessageId":"m","text":"\\ud800"}', '1'],
  ['an empty clientMessageId', '{"type":"send","ref":"1","conversationId":"c","clientMessageId":"","text":"t"}', '1'],
  [
    'a long clientMessageId',
    `{"type":"send","ref":"1","conversationId":"c","clientMessageId":"${'m'.repeat(129)}","text":"t"}`,
    '1',
  ],
  ['a long conversationId', `{"type":"read","ref":"1","conversationId":"${'c'.repeat(65)}","seq":1}`, '1'],
  ['a negative seq', '{"type":"read","ref":"1","conversationId":"c","seq":-1}', '1'],
  ['half a seq', '{"type":"read","ref":"1","conversationId":"c","seq":0.5}', '1'],
  ['an endless seq', '{"type":"read","ref":"1","conversationId":"c","seq":1e999}', '1'],
  ['a seq as text', '{"type":"read","ref":"1","conversationId":"c","seq":"1"}', '1'],
  ['held as an array', '{"type":"catchUp","ref":"1","held":[1]}', '1'],
  ['a position as text', '{"type":"catchUp","ref":"1","held":{"c":"1"}}', '1'],
  ['a connect without token', '{"type":"connect"}'],
  ['a connect with a long token', `{"type":"connect","token":"${'t'.repeat(8193)}"}`],
  ['resume as null', '{"type":"connect","token":"t","resume":null}'],
]
for (const [what, text, ref] of refused) {
  test(`refused with ${ref ? 'its ref' : 'no ref'}: ${what}`, () => {
    const frame = decodeClientFrame(text)
    assert.equal(frame.type, 'problem')
    assert.equal('ref' in frame ? frame.ref : undefined, ref)
  })
}

test('more positions than the limit are refused', () => {
  const held = (count: number): string =>
    JSON.stringify({
      type: 'catchUp',
      ref: '1',
      held: Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, i])),
    })
  assert.equal(decodeClientFrame(held(realtimeLimits.heldConversations)).type, 'catchUp')
  assert.equal(decodeClientFrame(held(realtimeLimits.heldConversations + 1)).type, 'problem')
})

test('JSON nested as deep as a frame can be does no harm', () => {
  for (const depth of [10_000, realtimeLimits.frameBytes / 2 - 50]) {
    const deep = '['.repeat(depth) + ']'.repeat(depth)
    assert.equal(decodeClientFrame(deep).type, 'problem')
    assert.equal(decodeClientFrame(`{"type":"ping","extra":${deep}}`).type, 'ping')
    assert.equal(decodeClientFrame(`{"type":"send","ref":"1","text":${deep}}`).type, 'problem')
    assert.equal(decodeClientFrame('{"a":'.repeat(depth / 4)).type, 'problem')
  }
})

test('a position named __proto__ is a name like any other', () => {
  const frame = decodeClientFrame('{"type":"catchUp","ref":"1","held":{"__proto__":3}}')
  assert.equal(frame.type, 'catchUp')
  assert.deepEqual(frame.type === 'catchUp' && [...positionsOf(frame.held!)], [['__proto__', 3]])
})

test('a problem never quotes what was sent', () => {
  const secret = 'eyJhbGciOi'
  for (const text of [`{"token":"${secret}`, `{"type":"connect","token":["${secret}"]}`, secret]) {
    const frame = decodeClientFrame(text)
    assert.ok(frame.type === 'problem' && !frame.message.includes(secret))
  }
})

const agrees = (value: unknown): void => {
  const frame = decodeClientFrame(JSON.stringify(value))
  const { type } = value as { type: ClientFrame['type'] }
  const schema = Object.hasOwn(clientFrameSchemas, type) ? clientFrameSchemas[type] : undefined
  assert.equal(frame.type !== 'problem', schema !== undefined && Value.Check(schema, value), JSON.stringify(value))
}

const anyMember = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ minLength: 60, maxLength: 140 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.nat(), { maxLength: 2 }),
  fc.dictionary(fc.string(), fc.oneof(fc.nat(), fc.integer(), fc.string()), { maxKeys: 3 }),
)

test('the decoder accepts exactly what the schemas describe', () => {
  const type = fc.constantFrom('connect', 'send', 'read', 'catchUp', 'ping', 'toString', 'other')
  const names = ['token', 'resume', 'ref', 'conversationId', 'clientMessageId', 'text', 'seq', 'held'] as const
  const members = Object.fromEntries(names.map((name) => [name, anyMember]))
  fc.assert(fc.property(fc.record({ type, ...members }, { requiredKeys: ['type'] }), agrees), { numRuns: 2000 })
})

test('one changed member of a valid frame is judged as the schemas judge it', () => {
  const mutation = fc
    .constantFrom(...valid)
    .chain((frame) =>
      fc.record({ frame: fc.constant(frame), name: fc.constantFrom(...Object.keys(frame)), value: anyMember }),
    )
  fc.assert(
    fc.property(mutation, ({ frame, name, value }) => {
      if (name !== 'type') agrees({ ...frame, [name]: value })
    }),
    { numRuns: 2000 },
  )
})

test('no text makes the decoder throw', () => {
  const cut = fc.constantFrom(...valid).chain((frame) => {
    const text = JSON.stringify(frame)
    return fc.tuple(fc.constant(text), fc.nat(text.length), fc.string()).map(([t, at, put]) => t.slice(0, at) + put)
  })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), cut), (text) => {
      assert.equal(typeof decodeClientFrame(text).type, 'string')
    }),
    { numRuns: 3000 },
  )
})
