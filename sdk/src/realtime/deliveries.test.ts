import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../types.ts'
import { Deliveries } from './deliveries.ts'

const message = (conversationId: string, seq: number): Message => ({
  id: `msg_${conversationId}_${seq}`,
  conversationId,
  seq,
  senderId: 'user_1',
  clientMessageId: String(seq),
  text: String(seq),
  sentAt: '2026-01-01T00:00:00.000Z',
})

function open(earlyMax = 1000) {
  const told: Message[] = []
  let gaps = 0
  const deliveries = new Deliveries({ deliver: (message) => told.push(message), onGap: () => gaps++, earlyMax })
  const seqs = (conversationId: string): number[] =>
    told.filter((message) => message.conversationId === conversationId).map(({ seq }) => seq)
  return { deliveries, seqs, gaps: () => gaps }
}

test('whatever arrives in whatever order and however often is told of once and in order', () => {
  const arrivals = fc
    .integer({ min: 1, max: 30 })
    .chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc.array(fc.record({ conversation: fc.constantFrom('a', 'b'), seq: fc.integer({ min: 1, max: count }) })),
      ),
    )
  fc.assert(
    fc.property(arrivals, ([count, some]) => {
      const { deliveries, seqs } = open()
      for (const { conversation, seq } of some) deliveries.accept(message(conversation, seq))
      for (const conversation of ['a', 'b']) {
        const early = seqs(conversation)
        assert.deepEqual(
          early,
          Array.from({ length: early.length }, (_, n) => n + 1),
        )
        for (let seq = 1; seq <= count; seq++) deliveries.accept(message(conversation, seq))
        assert.deepEqual(
          seqs(conversation),
          Array.from({ length: count }, (_, n) => n + 1),
        )
      }
      assert.equal(deliveries.hasGap, false)
    }),
  )
})

test('a known position is where a conversation begins', () => {
  const { deliveries, seqs } = open()
  assert.equal(deliveries.know('a', 5), true)
  assert.equal(deliveries.know('a', 0), false)
  for (const seq of [4, 5, 6]) deliveries.accept(message('a', seq))
  assert.deepEqual(seqs('a'), [6])
  assert.deepEqual(deliveries.positions(), { a: 6 })
})

test('what overtakes a missing message is held within the bound, and the rest is asked for again', () => {
  const { deliveries, seqs, gaps } = open(2)
  for (const seq of [2, 3, 4]) deliveries.accept(message('a', seq))
  assert.equal(gaps(), 3)
  assert.ok(deliveries.hasGap)
  deliveries.accept(message('a', 1))
  assert.deepEqual(seqs('a'), [1, 2, 3])
  deliveries.accept(message('a', 4))
  assert.deepEqual(seqs('a'), [1, 2, 3, 4])
})
