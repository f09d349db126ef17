import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from './allow-list.ts'
import { line } from './report.ts'

const check = (outcomes: Outcome[], said: string): void =>
  assert.equal(line({ suite: 'kcat', version: '1.7.1', outcomes }), `compat: kcat 1.7.1: ${said}`)

test('a line counts what passed, names what failed, and gives the reasons of what was left out', () => {
  check([{ name: 'a', state: 'passed' }], 'passed 1, failed 0, skipped 0')
  check(
    [
      { name: 'a', state: 'failed' },
      { name: 'b', state: 'failed' },
    ],
    'passed 0, failed 2 (a; b), skipped 0',
  )
  check(
    [
      { name: 'a', state: 'skipped', reason: 'no share groups' },
      { name: 'b', state: 'skipped', reason: 'no share groups' },
      { name: 'c', state: 'skipped', reason: 'no SCRAM' },
    ],
    'passed 0, failed 0, skipped 3 (2: no share groups; 1: no SCRAM)',
  )
})
