import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlaceGate } from './place-gate.ts'

test('each key has its own places, and a place that is given back is free', () => {
  const gate = new PlaceGate(2)
  const [one, two] = [gate.enter('a'), gate.enter('a')]
  assert.ok(one && two)
  assert.equal(gate.enter('a'), undefined)
  assert.ok(gate.enter('b'))
  one[Symbol.dispose]()
  assert.ok(gate.enter('a'))
})

test('who is sent away comes back soon, and later the more there are', () => {
  const gate = new PlaceGate(1)
  gate.enter('a')
  gate.enter('a')
  assert.ok(gate.comeBackMs('a', 0.99) <= 55)
  for (let i = 0; i < 1000; i++) gate.enter('a')
  assert.ok(gate.comeBackMs('a', 0.99) > 4000)
  for (let i = 0; i < 100_000; i++) gate.enter('a')
  assert.ok(gate.comeBackMs('a', 0.99) <= 60_050)
  assert.equal(gate.comeBackMs('b', 0.99), 50)
})
