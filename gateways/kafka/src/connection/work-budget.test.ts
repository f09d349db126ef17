import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WorkBudget } from './work-budget.ts'

test('what one connection holds keeps another from taking more, until it is given back', () => {
  const budget = new WorkBudget({ workBytesMax: 100, tenantWorkBytesMax: 1_000 })
  const [a, b] = [budget.share(), budget.share()]
  a.take(100)
  assert.equal(b.hasRoom, false)
  let woken = 0
  b.onRoom(() => woken++)
  a.giveBack(1)
  assert.deepEqual([woken, b.hasRoom], [1, true])
  a.take(1)
  using stopped = b.onRoom(() => woken++)
  stopped[Symbol.dispose]()
  a[Symbol.dispose]()
  assert.deepEqual([woken, budget.held], [1, 0])
})

test('a tenant that holds all it may leaves room for the others', () => {
  const budget = new WorkBudget({ workBytesMax: 1_000, tenantWorkBytesMax: 100 })
  const [greedy, friend, other] = [budget.share(), budget.share(), budget.share()]
  greedy.take(60)
  greedy.belongTo('a')
  friend.belongTo('a')
  other.belongTo('b')
  greedy.take(60)
  assert.deepEqual([greedy.hasRoom, friend.hasRoom, other.hasRoom], [false, false, true])
  let woken = false
  friend.onRoom(() => (woken = true))
  other.take(10)
  other.giveBack(10)
  assert.equal(woken, false)
  greedy[Symbol.dispose]()
  assert.equal(woken, true)
  friend[Symbol.dispose]()
  other[Symbol.dispose]()
  assert.equal(budget.tenants, 0)
})

test('the fair share is what all could hold at once', () => {
  const budget = new WorkBudget({ workBytesMax: 1_000, tenantWorkBytesMax: 400 })
  const shares = [budget.share(), budget.share()]
  assert.equal(shares[0]!.fairBytes, 500)
  for (const share of shares) share.belongTo('a')
  assert.equal(shares[0]!.fairBytes, 200)
  shares[1]![Symbol.dispose]()
  assert.equal(shares[0]!.fairBytes, 400)
})

test('whatever connections do, nothing is held when all are gone', () => {
  const steps = fc.array(fc.tuple(fc.nat(3), fc.constantFrom('take', 'give', 'join', 'end'), fc.nat(50)))
  fc.assert(
    fc.property(steps, (steps) => {
      const budget = new WorkBudget({ workBytesMax: 100, tenantWorkBytesMax: 60 })
      const shares = Array.from({ length: 4 }, () => ({ share: budget.share(), held: 0, isOver: false }))
      for (const [i, step, bytes] of steps) {
        const each = shares[i]!
        if (step === 'join') each.share.belongTo(`tenant ${i % 2}`)
        else if (step === 'end') {
          each.share[Symbol.dispose]()
          each.held = 0
          each.isOver = true
        } else {
          const moved = step === 'take' ? bytes : -Math.min(bytes, each.held)
          if (moved >= 0) each.share.take(moved)
          else each.share.giveBack(-moved)
          if (!each.isOver) each.held += moved
        }
        assert.equal(
          budget.held,
          shares.reduce((sum, { held }) => sum + held, 0),
        )
      }
      for (const { share } of shares) share[Symbol.dispose]()
      assert.deepEqual([budget.held, budget.tenants], [0, 0])
    }),
  )
})
