import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyLocks } from './key-locks.ts'

test('actions that share a key run one after another, in the order of asking', async () => {
  const locks = new KeyLocks()
  const said: string[] = []
  const action = (name: string) => async (): Promise<void> => {
    said.push(`${name} starts`)
    await new Promise((resolve) => setImmediate(resolve))
    said.push(`${name} ends`)
  }
  await Promise.all([
    locks.run(['x', 'y'], action('first')),
    locks.run(['y', 'x'], action('second')),
    locks.run(['y'], action('third')),
  ])
  assert.deepEqual(said, ['first starts', 'first ends', 'second starts', 'second ends', 'third starts', 'third ends'])
})

test('actions that share no key run side by side, and one that fails holds up nobody', async () => {
  const locks = new KeyLocks()
  const { promise: never } = Promise.withResolvers<void>()
  void locks.run(['stuck'], () => never)
  await assert.rejects(
    locks.run(['x'], () => Promise.reject(new Error('failed'))),
    /failed/,
  )
  assert.equal(await locks.run(['x'], async () => 'done'), 'done')
})
