import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RecordBytes } from '../../api/streams-port.ts'
import { decode, hexDump, isCut, preview } from './decoding.ts'
import { prettyJson } from './pretty-json.ts'

const utf8 = (data: string): RecordBytes => ({ encoding: 'utf8', data, bytes: Buffer.byteLength(data) })
const binary = (...data: number[]): RecordBytes => ({
  encoding: 'base64',
  data: Buffer.from(data).toString('base64'),
  bytes: data.length,
})

test('JSON is laid out as JSON.stringify would', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
      // JSON has no -0.
      assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, undefined, 2))
    }),
  )
})

test('numbers too long for a double and repeated keys stay as they were written', () => {
  assert.equal(
    prettyJson('{"id":12345678901234567890,"id":1e400}'),
    '{\n  "id": 12345678901234567890,\n  "id": 1e400\n}',
  )
})

test('what is not JSON is shown as text, and what is no text as hex', () => {
  assert.equal(decode(utf8('{"a":1}'), 'json').format, 'json')
  assert.deepEqual(decode(utf8('plain {'), 'json'), { format: 'text', text: 'plain {' })
  assert.equal(decode(utf8('\u0000\u0001binary'), 'json').format, 'hex')
  assert.equal(decode(binary(0xff, 0xfe), 'json').format, 'hex')
  assert.equal(decode(binary(0xff, 0x41), 'text').text, '\ufffdA')
})

test('hex has offsets, bytes and what is printable', () => {
  const lines = hexDump(new Uint8Array([...Buffer.from('κοινή!'), 0])).split('\n')
  assert.deepEqual(lines, ['000000  ce ba ce bf ce b9 ce bd  ........', '000008  ce ae 21 00              ..!.'])
})

test('a preview is one line', () => {
  assert.equal(preview(utf8('{\n  "a": 1\n}'), 'json'), '{ "a": 1 }')
  assert.equal(preview(binary(1, 2, 255), 'json'), '01 02 ff')
  assert.equal(preview(utf8('ab'), 'hex'), '61 62')
})

test('bytes that were cut off are known by their whole size', () => {
  assert.equal(isCut(utf8('κοινή')), false)
  assert.equal(isCut({ ...utf8('κοινή'), bytes: 11 }), true)
  assert.equal(isCut(binary(1, 2, 3, 4)), false)
  assert.equal(isCut({ ...binary(1, 2, 3, 4), bytes: 5 }), true)
})
