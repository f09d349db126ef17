import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWords } from './setting-words.ts'

test('figures of settings are told in words', () => {
  const settings: readonly (readonly [string, string | null, string | undefined])[] = [
    ['retention.ms', '604800000', '7 days'],
    ['retention.ms', '3600000', '1 hour'],
    ['retention.ms', '-1', 'without a limit'],
    ['segment.bytes', '1073741824', '1.00 GiB'],
    ['flush.ms', '9223372036854775807', 'without a limit'],
    ['cleanup.policy', 'compact', undefined],
    ['min.insync.replicas', '1', undefined],
    ['retention.bytes', null, undefined],
  ]
  for (const [name, value, words] of settings) assert.equal(inWords(name, value), words, name)
})
