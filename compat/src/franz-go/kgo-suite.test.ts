import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KgoTally } from './kgo-suite.ts'

const events = (...list: object[]): KgoTally => {
  const tally = new KgoTally()
  for (const event of list) tally.take(JSON.stringify(event))
  return tally
}
const output = (name: string, text: string) => ({
  Action: 'output',
  Test: name,
  Output: `    some_test.go:12: ${text}\n`,
})

test('each test of the package is one outcome, with what it said of its failure or its skip', () => {
  const tally = events(
    { Action: 'run', Test: 'TestA' },
    { Action: 'run', Test: 'TestA/part' },
    { Action: 'pass', Test: 'TestA/part' },
    { Action: 'pass', Test: 'TestA' },
    output('TestB', 'no share groups'),
    { Action: 'skip', Test: 'TestB' },
    output('TestC/part', 'saw double offset'),
    output('TestC', 'deleting topic 1234'),
    { Action: 'fail', Test: 'TestC/part' },
    { Action: 'fail', Test: 'TestC' },
    { Action: 'fail' },
  )
  assert.deepEqual(tally.outcomes(), [
    { name: 'TestA', state: 'passed' },
    { name: 'TestB', state: 'skipped', reason: 'no share groups' },
    { name: 'TestC', state: 'failed', reason: 'saw double offset' },
  ])
})

test('a test that was cut off has failed', () => {
  const tally = events(
    { Action: 'run', Test: 'TestA' },
    { Action: 'pass', Test: 'TestA' },
    { Action: 'run', Test: 'TestB' },
  )
  assert.deepEqual(tally.outcomes().at(-1), { name: 'TestB', state: 'failed', reason: 'did not end' })
})

test('when nothing ran, what Go said is told', () => {
  const tally = new KgoTally()
  tally.take('go: cannot find module')
  assert.throws(() => tally.outcomes(), /cannot find module/)
})
