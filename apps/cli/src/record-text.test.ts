import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicRecord } from '@koine/sdk'
import { textOf } from './record-text.ts'

const utf8 = (data: string) => ({ encoding: 'utf8' as const, data, bytes: Buffer.byteLength(data) })
const record: TopicRecord = {
  partition: 2,
  offset: 7,
  timestamp: '2026-03-09T08:00:00.000Z',
  key: utf8('ada'),
  value: utf8('{"a":1}'),
  headers: [{ name: 'trace', value: utf8('42') }],
}

test('a record is told in lines, in one line, or by its value alone', () => {
  assert.equal(textOf(record, 'pretty'), '2:7  2026-03-09T08:00:00.000Z  key ada\n  trace: 42\n  {"a":1}\n\n')
  assert.equal(textOf(record, 'line'), '2:7  2026-03-09T08:00:00.000Z  ada  {"a":1}\n')
  assert.equal(textOf(record, 'value'), '{"a":1}\n')
})

test('what others wrote can not steer the terminal', () => {
  assert.equal(textOf({ ...record, value: utf8('\u001b[2Jgone\u0007') }, 'value'), '\\x1b[2Jgone\\x07\n')
})

test('bytes that are no text are given as base64, and what is cut off says so', () => {
  const binary = { encoding: 'base64' as const, data: 'AP8=', bytes: 2 }
  assert.equal(textOf({ ...record, value: binary }, 'value'), 'base64:AP8=\n')
  assert.equal(textOf({ ...record, value: { ...binary, bytes: 300 } }, 'value'), 'base64:AP8=… (300 bytes)\n')
  assert.equal(textOf({ ...record, value: null }, 'value'), '(none)\n')
})
