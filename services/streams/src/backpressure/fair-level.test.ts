import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Claim, fairLevel } from './fair-level.ts'

const check = (
  budget: number,
  claims: readonly (readonly [weight: number, demand: number])[],
  expected: number,
): void =>
  assert.equal(
    fairLevel(
      budget,
      claims.map(([weight, demand]) => ({ weight, demand })),
    ),
    expected,
  )

test('those who want all they can get share by weight', () => {
  check(
    90,
    [
      [1, Infinity],
      [2, Infinity],
    ],
    30,
  )
})

test('what one leaves goes to the others', () => {
  check(
    90,
    [
      [1, 10],
      [1, Infinity],
      [1, Infinity],
    ],
    40,
  )
})

test('nobody is held to anything where nobody is', () => check(90, [], Infinity))

test('where all want less, what is over is shared out above the one that wants most for its weight', () => {
  check(
    90,
    [
      [1, 10],
      [2, 40],
    ],
    20 + 40 / 3,
  )
})

const claim = fc.record({
  weight: fc.double({ min: 1, max: 1e9, noNaN: true }),
  demand: fc.oneof(fc.constant(Infinity), fc.double({ min: 0, max: 1e9, noNaN: true })),
})

test('together they get the budget or what they want, and nobody more than the level but for what it wants', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), fc.array(claim, { minLength: 1 }), (budget, claims) => {
      const level = fairLevel(budget, claims)
      const got = ({ weight, demand }: Claim): number => Math.min(demand, level * weight)
      const all = claims.reduce((sum, each) => sum + got(each), 0)
      const wanted = claims.reduce((sum, { demand }) => sum + demand, 0)
      assert.ok(Math.abs(all - Math.min(budget, wanted)) <= 1e-6 * budget, `${all} of ${budget} and ${wanted}`)
    }),
  )
})
