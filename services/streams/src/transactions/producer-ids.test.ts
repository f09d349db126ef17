import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Coordinator } from './testing/coordinator.ts'

test('producer ids are given once, over processes and restarts', async () => {
  const it = new Coordinator()
  const processes = [it.transactions, it.start(), it.start()]
  const ids = await Promise.all(
    Array.from({ length: 3_300 }, (_, i) => processes[i % processes.length]!.newProducerId(it.scope)),
  )
  ids.push(await it.restart().newProducerId(it.scope))
  assert.equal(new Set(ids).size, 3_301)
})
