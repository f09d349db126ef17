import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ConversationLanes } from './conversation-lanes.ts'

test('tasks of one conversation follow each other, those of another do not wait', async () => {
  const lanes = new ConversationLanes()
  const log: string[] = []
  const gate = Promise.withResolvers<void>()
  const task = (name: string, until?: Promise<void>) => async () => {
    log.push(`${name} begins`)
    await until
    log.push(`${name} ends`)
  }
  const all = [
    lanes.run('a', task('a1', gate.promise)),
    lanes.run('a', task('a2')),
    lanes.run('a', task('a3')),
    lanes.run('b', task('b1')),
  ]
  await turn()
  assert.deepEqual(log, ['a1 begins', 'b1 begins', 'b1 ends'])
  gate.resolve()
  await Promise.all(all)
  assert.deepEqual(log.slice(3), ['a1 ends', 'a2 begins', 'a2 ends', 'a3 begins', 'a3 ends'])
})

test('a task that fails fails alone', async () => {
  const lanes = new ConversationLanes()
  const failing = lanes.run('a', () => Promise.reject(new Error('no')))
  const next = lanes.run('a', async () => 'yes')
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'yes')
})
