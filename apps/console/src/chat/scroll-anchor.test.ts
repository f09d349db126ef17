import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAtEnd, listChange, type ListChange, type ScrollBox, scrollTopAfter } from './scroll-anchor.ts'

const box = (scrollTop: number, scrollHeight = 1000): ScrollBox => ({ scrollTop, scrollHeight, clientHeight: 400 })
const still: ListChange = { prepended: false, appended: false, ownAppended: false }

function check(
  before: ScrollBox | undefined,
  scrollHeight: number,
  change: Partial<ListChange>,
  expected?: number,
): void {
  assert.equal(scrollTopAfter(before, { scrollHeight, clientHeight: 400 }, { ...still, ...change }), expected)
}

test('near the end counts as the end', () => {
  assert.equal(isAtEnd(box(600)), true)
  assert.equal(isAtEnd(box(560)), true)
  assert.equal(isAtEnd(box(500)), false)
})

test('the first rendering shows the end', () => check(undefined, 1000, {}, 600))
test('a reader at the end stays there when a message comes', () => check(box(600), 1080, { appended: true }, 680))
test('a reader further up is left alone when a message comes', () => check(box(200), 1080, { appended: true }))
test('the own message is shown from anywhere', () => check(box(200), 1080, { appended: true, ownAppended: true }, 680))
test('older messages go in above what is being read', () => check(box(120), 1700, { prepended: true }, 820))
test('a list shorter than its box does not scroll', () => check(undefined, 300, {}, 0))

test('the keys at the ends tell what changed', () => {
  const ends = (firstKey: string, lastKey: string, lastIsOwn = false) => ({ firstKey, lastKey, lastIsOwn })
  assert.deepEqual(listChange(undefined, ends('a', 'b')), still)
  assert.deepEqual(listChange(ends('b', 'c'), ends('a', 'c')), { ...still, prepended: true })
  assert.deepEqual(listChange(ends('a', 'b'), ends('a', 'c')), { ...still, appended: true })
  assert.deepEqual(listChange(ends('a', 'b'), ends('a', 'c', true)), { ...still, appended: true, ownAppended: true })
  assert.deepEqual(listChange(ends('a', 'b', true), ends('a', 'b', true)), still)
})
