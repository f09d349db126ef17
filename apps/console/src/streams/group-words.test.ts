import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEmptyGroup, stateOf } from './group-words.ts'

test('states are told apart however they are written', () => {
  assert.equal(stateOf('PreparingRebalance').text, 'Rebalancing')
  assert.equal(stateOf('preparing-rebalance').text, 'Rebalancing')
  assert.equal(stateOf('Stable').tone, 'good')
  assert.equal(stateOf('Sideways').text, 'Sideways')
})

test('only a group without members can go', () => {
  assert.equal(isEmptyGroup('Empty'), true)
  assert.equal(isEmptyGroup('Stable'), false)
})
