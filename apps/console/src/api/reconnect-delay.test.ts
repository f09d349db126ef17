import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reconnectDelayMs } from './reconnect-delay.ts'

test('the wait doubles up to a bound and is spread over its upper half', () => {
  assert.equal(reconnectDelayMs(0, 0), 250)
  assert.equal(reconnectDelayMs(1, 0), 500)
  assert.equal(reconnectDelayMs(3, 1), 4000)
  assert.equal(reconnectDelayMs(1000, 1), 15_000)
})
