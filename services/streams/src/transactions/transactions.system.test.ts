import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectWholeTransactions } from './testing/expect-whole.ts'

test('over many histories, each transaction is committed as a whole or not at all, and none stays open', async () => {
  const commits = await expectWholeTransactions(400)
  assert.ok(commits > 400, `${commits} transactions were committed in all`)
})
