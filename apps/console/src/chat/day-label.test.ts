import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayLabel } from './day-label.ts'

const now = new Date(2026, 2, 9, 15, 30)
const label = (date: Date): string => dayLabel(date.toISOString(), now, 'en-GB')
const check = (date: Date, expected: string): void => assert.equal(label(date), expected)

test('today and yesterday are said so, to the minute of midnight', () => {
  check(new Date(2026, 2, 9, 0, 0), 'Today')
  check(new Date(2026, 2, 8, 23, 59), 'Yesterday')
})

test('other days are dates, with the year when it is another one', () => {
  // Whether a comma follows the weekday is up to the runtime's locale data.
  assert.match(label(new Date(2026, 2, 2, 12)), /^Monday,? 2 March$/)
  assert.match(label(new Date(2025, 11, 24, 12)), /^Wednesday,? 24 December 2025$/)
})
