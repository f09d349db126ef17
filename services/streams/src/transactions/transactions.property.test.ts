import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectWholeTransactions } from './testing/expect-whole.ts'

test('whatever happens, each transaction is committed as a whole or not at all, and none stays open', async () => {
  const commits = await expectWholeTransactions(15)
  assert.ok(commits > 15, `${commits} transactions were committed in all`)
})
