import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choose } from './pair-choice.ts'

const check = (chosen: readonly string[], id: string, expected: readonly string[]): void =>
  assert.deepEqual(choose(chosen, id), expected)

test('the first two presses choose', () => {
  check([], 'a', ['a'])
  check(['a'], 'b', ['a', 'b'])
})
test('a press on who is chosen takes them out', () => check(['a', 'b'], 'a', ['b']))
test('a third takes the place of the first', () => check(['a', 'b'], 'c', ['b', 'c']))
