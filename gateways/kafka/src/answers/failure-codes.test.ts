import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import { codeOf, codeOrNone, thrownCode } from './failure-codes.ts'

test('what may pass is thrown as a code on which clients try again', () => {
  for (const code of ['unavailable', 'overloaded'] as const) {
    assert.equal(thrownCode(new KoineError(code, 'later')), errorCodes.NOT_ENOUGH_REPLICAS)
    assert.equal(thrownCode(new KoineError(code, 'later'), 'coordinator'), errorCodes.COORDINATOR_NOT_AVAILABLE)
    assert.equal(thrownCode(new KoineError(code, 'later'), 'read'), errorCodes.KAFKA_STORAGE_ERROR)
  }
})

test('what is expected has the code of the table, and what isn’t is the server’s fault', () => {
  assert.equal(thrownCode(new KoineError('too_large', 'no')), errorCodes.MESSAGE_TOO_LARGE)
  assert.equal(thrownCode(new TypeError('bug')), errorCodes.UNKNOWN_SERVER_ERROR)
})

test('a refusal has its own code, and none is no error', () => {
  assert.equal(codeOf('fenced-instance'), errorCodes.FENCED_INSTANCE_ID)
  assert.equal(codeOrNone(undefined), errorCodes.NONE)
})
