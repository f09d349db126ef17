import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSendable, textBytesMax, textLimit } from './text-limit.ts'

test('a short text is nowhere near the limit', () => {
  assert.deepEqual(textLimit('hello'), { leftBytes: textBytesMax - 5, near: false, over: false })
})

test('the limit counts UTF-8 bytes, not characters', () => {
  assert.deepEqual(textLimit('κ'.repeat(50), 100), { leftBytes: 0, near: true, over: false })
  assert.deepEqual(textLimit('κ'.repeat(51), 100), { leftBytes: -2, near: true, over: true })
})

test('a text of spaces, or one that is too long, can not be sent', () => {
  assert.equal(isSendable(' \n\t'), false)
  assert.equal(isSendable(''), false)
  assert.equal(isSendable('x'.repeat(textBytesMax + 1)), false)
  assert.equal(isSendable(' x '), true)
})
