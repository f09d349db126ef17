import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorTable, KoineError, toKoineError } from './errors.ts'
import { checkGeneratedSection } from './testing/index.ts'

test('the documentation lists the table as it is', () => {
  const rows = Object.entries(errorTable).map(
    ([code, { title, http, kafka, retryable }]) =>
      `| \`${code}\` | ${title} | ${http} | ${kafka} | ${retryable ? 'yes' : 'no'} |`,
  )
  checkGeneratedSection(
    join(import.meta.dirname, '../../docs/errors.md'),
    'base/src/errors.ts',
    ['| code | meaning | HTTP | Kafka | retry |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
  )
})

test('what is thrown and not expected becomes internal, with its cause and without its words', () => {
  const cause = new TypeError('secret detail')
  const error = toKoineError(cause)
  assert.equal(error.code, 'internal')
  assert.equal(error.cause, cause)
  assert.ok(!error.message.includes('secret'))
  assert.equal(toKoineError(error), error)
})

test('a retryable code says so on the error', () => {
  assert.equal(new KoineError('overloaded', 'x', { retryAfterMs: 5 }).retryable, true)
  assert.equal(new KoineError('not_found', 'x').retryable, false)
})
