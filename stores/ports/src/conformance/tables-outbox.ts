import assert from 'node:assert/strict'
import { until } from '@koine/base/testing'
import type { Cases } from './suite.ts'
import { at, drained, event, numberOf, put, type WithTables } from './tables-case.ts'

export const outboxCases = (withTables: WithTables): Cases => ({
  'an event is pending once its batch is written, as it was given': withTables(async (tables) => {
    const given = { ...event('ключ', 1), body: '{"text":"κοινή 🌍"}' }
    await tables.write({ operations: [put(at('a'))], events: [given] })
    const [pending, ...more] = await tables.outbox.pending(10)
    assert.deepEqual(more, [])
    const { position, ...rest } = pending!
    assert.deepEqual(rest, given)
    assert.equal(typeof position, 'string')
  }),
  'a failed or refused batch leaves no event': withTables(async (tables) => {
    await tables.write({ operations: [put(at('a'), {}, { if: 'present' })], events: [event('k', 1)] })
    await tables.write({ operations: [put(at('a'), { text: '' })] })
    const refused = { operations: [{ update: at('a'), add: { text: 1 } }], events: [event('k', 2)] }
    await assert.rejects(tables.write(refused))
    assert.deepEqual(await tables.outbox.pending(10), [])
  }),
  'events of one key keep the order of their batches and within a batch': withTables(async (tables) => {
    await tables.write({ operations: [], events: [event('k', 0), event('k', 1), event('other', 0)] })
    await tables.write({ operations: [], events: [event('k', 2)] })
    await tables.write({ operations: [], events: [event('other', 1), event('k', 3)] })
    const pending = await tables.outbox.pending(50)
    for (const key of ['k', 'other']) {
      const numbers = pending.filter((one) => one.key === key).map(numberOf)
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
    }
    assert.equal(pending.length, 6)
  }),
  'the same key on two topics is two orders': withTables(async (tables) => {
    await tables.write({ operations: [], events: [event('k', 0, 'one'), event('k', 0, 'two'), event('k', 1, 'one')] })
    const pending = await tables.outbox.pending(50)
    assert.deepEqual(pending.filter(({ topic }) => topic === 'one').map(numberOf), [0, 1])
    assert.deepEqual(pending.filter(({ topic }) => topic === 'two').map(numberOf), [0])
  }),
  'a limited look never gives an event ahead of an earlier one of its key': withTables(async (tables) => {
    for (let i = 0; i < 12; i++) await tables.write({ operations: [], events: [event(`k${i % 3}`, Math.floor(i / 3))] })
    const next = new Map<string, number>()
    for (;;) {
      const some = await tables.outbox.pending(2)
      assert.ok(some.length <= 2)
      if (some.length === 0) break
      for (const one of some) {
        assert.equal(numberOf(one), next.get(one.key) ?? 0)
        next.set(one.key, numberOf(one) + 1)
      }
      await tables.outbox.remove(some)
    }
    assert.deepEqual([...next.values()], [4, 4, 4])
  }),
  'a look from a position on gives what was committed behind it, and at the least nothing ahead of its key': withTables(
    async (tables) => {
      await tables.write({ operations: [], events: [event('k', 0), event('k', 1), event('k', 2)] })
      const [first] = await tables.outbox.pending(1)
      const behind = (await tables.outbox.pending(10, first!.position)).map(numberOf)
      // An engine without one order over all keys may begin at the oldest.
      assert.deepEqual(behind.slice(-2), [1, 2])
      await tables.outbox.remove([first!])
      assert.deepEqual((await tables.outbox.pending(10, first!.position)).map(numberOf), [1, 2])
    },
  ),
  'events of a key are in commit order under concurrent writers': withTables(async (tables) => {
    // The sequence in the record and the event commit together, so the outbox must give the events in that sequence.
    const writer = async (): Promise<void> => {
      for (let done = 0; done < 4;) {
        const head = await tables.get(at('head'))
        const next = ((head?.attributes.seq as number | undefined) ?? 0) + 1
        const condition = head ? { version: head.version } : ('absent' as const)
        const batch = { operations: [put(at('head'), { seq: next }, { if: condition })], events: [event('k', next)] }
        if ((await tables.write(batch)).ok) done++
      }
    }
    await Promise.all(Array.from({ length: 5 }, writer))
    assert.deepEqual(
      (await drained(tables)).map(numberOf),
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
  }),
  'what is removed is pending no more, and removing it again is harmless': withTables(async (tables) => {
    await tables.write({ operations: [], events: [event('a', 1), event('b', 2), event('c', 3)] })
    const pending = await tables.outbox.pending(10)
    const second = pending.filter(({ key }) => key === 'b')
    await tables.outbox.remove(second)
    await tables.outbox.remove(second)
    await tables.outbox.remove([])
    assert.deepEqual(
      (await drained(tables)).map(numberOf).sort((a, b) => a - b),
      [1, 3],
    )
    assert.deepEqual(await tables.outbox.pending(1), [])
  }),
  'events written after others were removed come after them': withTables(async (tables) => {
    await tables.write({ operations: [], events: [event('k', 1), event('k', 2)] })
    await tables.outbox.remove(await tables.outbox.pending(1))
    await tables.write({ operations: [], events: [event('k', 3)] })
    assert.deepEqual((await drained(tables)).map(numberOf), [2, 3])
    await tables.write({ operations: [], events: [event('k', 4)] })
    assert.deepEqual((await drained(tables)).map(numberOf), [4])
  }),
  'a listener hears of each commit that held events, until it is disposed': withTables(async (tables) => {
    let heard = 0
    const listening = tables.outbox.onCommit(() => heard++)
    await tables.write({ operations: [put(at('a'))] })
    await tables.write({ operations: [put(at('a'), {}, { if: 'absent' })], events: [event('k', 1)] })
    assert.equal(heard, 0)
    await tables.write({ operations: [], events: [event('k', 1), event('k', 2)] })
    await until('the listener heard', () => heard > 0)
    assert.equal((await tables.outbox.pending(10)).length, 2)
    const before = heard
    listening[Symbol.dispose]()
    await tables.write({ operations: [], events: [event('k', 3)] })
    assert.equal(heard, before)
  }),
  'pending events are there after the engine was closed and opened again, with those after them in order': withTables(
    async (tables, { opened, tenant }) => {
      await tables.write({ operations: [], events: [event('k', 1), event('k', 2)] })
      await opened.reopen?.()
      const again = opened.tables.forTenant(tenant)
      await again.write({ operations: [], events: [event('k', 3)] })
      assert.deepEqual((await drained(again)).map(numberOf), [1, 2, 3])
    },
  ),
})
