import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realtimeLimits } from '@koine/protocols-realtime'
import { Backoff } from './backoff.ts'
import { Calls } from './calls.ts'
import { CatchUp } from './catch-up.ts'
import { Cursor } from './cursor.ts'
import { Deliveries } from './deliveries.ts'
import type { Link } from './link.ts'

const message = (seq: number) => ({
  id: `msg_${seq}`,
  conversationId: 'conv_0',
  seq,
  senderId: 'user_1',
  clientMessageId: `c${seq}`,
  text: 'text',
  sentAt: '2026-01-01T00:00:00.000Z',
})

test('who has more conversations than a frame holds waits for the log to name what is missing', async () => {
  const deliveries = new Deliveries({ deliver: () => {}, onGap: () => {}, earlyMax: 10 })
  for (let n = 0; n <= realtimeLimits.heldConversations; n++) deliveries.know(`conv_${n}`)
  const cursor = new Cursor()
  cursor.take({ cursor: 'a' })
  const calls = new Calls()
  let asked = 0
  // The first conversation is left out of each frame of positions, so that it comes again and again.
  const answer = (frame: { readonly ref: string; readonly cursor?: string }): void => {
    if (++asked === 10) return calls.close()
    if (frame.cursor && asked === 3) deliveries.accept(message(1))
    calls.settle({ type: 'caughtUp', ref: frame.ref, hasMore: frame.cursor === undefined })
  }
  const link: Pick<Link, 'send'> = { send: (frame) => setImmediate(() => answer(frame as { readonly ref: string })) }
  calls.open(link as Link)
  let slept = 0
  const catchUp = new CatchUp({
    calls,
    deliveries,
    cursor,
    backoff: new Backoff({ firstMs: 10, maxMs: 100, fraction: () => 0.5 }),
    sleep: async () => void slept++,
    gapPatienceMs: 1,
  })
  deliveries.accept(message(2))
  assert.equal(await catchUp.finish(false), true)
  assert.deepEqual([asked, slept, deliveries.hasGap], [3, 2, false])
})
