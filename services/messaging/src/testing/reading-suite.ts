import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConversationId } from '@koine/base'
import type { CaughtUp } from '../catch-up.ts'
import type { HistoryRange } from '../history.ts'
import { Fixture, refusal } from './messaging-fixture.ts'
import type { Open } from './messaging-suite.ts'

export function readingTests(open: Open): void {
  test('history pages from the end, upward and downward', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    await Promise.all(Array.from({ length: 10 }, (_, n) => at.say(pair, at.asha, `m${n}`)))
    const check = async (range: HistoryRange, seqs: number[], hasMore: boolean): Promise<void> => {
      const page = await at.messaging.history(at.acme, at.ben, pair.id, range)
      const got = { seqs: page.messages.map(({ seq }) => seq), hasMore: page.hasMore }
      assert.deepEqual(got, { seqs, hasMore }, JSON.stringify(range))
    }
    await check({ limit: 3 }, [8, 9, 10], true)
    await check({ limit: 10 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false)
    await check({ before: 8, limit: 3 }, [5, 6, 7], true)
    await check({ before: 3, limit: 3 }, [1, 2], false)
    await check({ before: 1, limit: 3 }, [], false)
    await check({ before: 0, limit: 3 }, [], false)
    await check({ after: 0, limit: 3 }, [1, 2, 3], true)
    await check({ after: 7, limit: 3 }, [8, 9, 10], false)
    await check({ after: 10, limit: 3 }, [], false)
    await check({ after: 4_000_000, limit: 3 }, [], false)
    await check({ after: 2, before: 5, limit: 3 }, [3, 4], false)
    await check({ after: 2, before: 8, limit: 3 }, [3, 4, 5], true)
    await check({ after: 8, before: 3, limit: 3 }, [], false)
    await check({ limit: 1_000_000 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false)
  })

  test('history refuses what is no range, and readers who are not members', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    for (const range of [
      { limit: 0 },
      { limit: 1.5 },
      { limit: Number.NaN },
      { after: -1, limit: 1 },
      { before: 0.5, limit: 1 },
    ]) {
      assert.equal(await refusal(at.messaging.history(at.acme, at.asha, pair.id, range)), 'invalid_request')
    }
    assert.equal(await refusal(at.messaging.history(at.acme, at.carl, pair.id, { limit: 1 })), 'not_found')
    assert.equal(await refusal(at.messaging.history(at.globex, at.asha, pair.id, { limit: 1 })), 'not_found')
  })

  test('pages of large messages stay short and lead to the end', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const text = 'x'.repeat(64 * 1024)
    await Promise.all(Array.from({ length: 40 }, (_, n) => at.say(pair, at.asha, `m${n}`, text)))
    const seqs: number[] = []
    for (let page; page?.hasMore !== false;) {
      page = await at.messaging.history(at.acme, at.ben, pair.id, { after: seqs.length, limit: 500 })
      assert.ok(page.messages.length < 40)
      seqs.push(...page.messages.map(({ seq }) => seq))
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: 40 }, (_, n) => n + 1),
    )
  })

  test('a read position only goes up, and never beyond the last message', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    for (const text of ['a', 'b', 'c']) await at.say(pair, at.asha, text)
    const mark = (seq: number): Promise<{ readSeq: number }> => at.messaging.markRead(at.acme, at.ben, pair.id, seq)
    assert.deepEqual(await mark(0), { readSeq: 0 })
    assert.deepEqual(await mark(2), { readSeq: 2 })
    assert.deepEqual(await mark(1), { readSeq: 2 })
    assert.deepEqual(await mark(99), { readSeq: 3 })
    assert.equal(await refusal(mark(-1)), 'invalid_request')
    assert.equal(await refusal(mark(1.5)), 'invalid_request')
    assert.equal(await refusal(at.messaging.markRead(at.acme, at.carl, pair.id, 1)), 'not_found')
    assert.equal(await refusal(at.messaging.markRead(at.globex, at.ben, pair.id, 1)), 'not_found')
  })

  test('marks at once leave the highest', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    await Promise.all(Array.from({ length: 6 }, (_, n) => at.say(pair, at.asha, `m${n}`)))
    await Promise.all([1, 5, 3].map((seq) => at.messaging.markRead(at.acme, at.ben, pair.id, seq)))
    assert.deepEqual(await at.messaging.markRead(at.acme, at.ben, pair.id, 0), { readSeq: 5 })
  })

  test('the inbox shows the latest first, with the last message and what is unread', async () => {
    await using at = new Fixture(await open())
    const quiet = await at.conversation('group', [at.asha])
    at.advance(10)
    const pair = await at.conversation('direct', [at.asha, at.ben])
    at.advance(10)
    const group = await at.conversation('group', [at.asha, at.ben, at.carl])
    at.advance(10)
    await at.say(group, at.carl, 'c1')
    at.advance(10)
    for (const text of ['b1', 'b2', 'b3']) await at.say(pair, at.ben, text)
    await at.messaging.markRead(at.acme, at.asha, pair.id, 1)
    const { entries, cursor } = await at.messaging.inbox(at.acme, at.asha, { limit: 10 })
    assert.deepEqual(
      entries.map((entry) => [entry.conversation.id, entry.lastMessage?.text, entry.readSeq, entry.unread]),
      [
        [pair.id, 'b3', 1, 2],
        [group.id, 'c1', 0, 1],
        [quiet.id, undefined, 0, 0],
      ],
    )
    assert.equal(cursor, undefined)
    assert.equal(entries[0]!.conversation.lastSeq, 3)
    const [own] = (await at.messaging.inbox(at.acme, at.ben, { limit: 1 })).entries
    assert.deepEqual([own!.readSeq, own!.unread], [3, 0], 'sending marks the conversation read')
    assert.deepEqual((await at.messaging.inbox(at.globex, at.asha, { limit: 10 })).entries, [])
  })

  test('inbox pages follow each other without gaps, with many conversations of one time', async () => {
    await using at = new Fixture(await open())
    const made: ConversationId[] = []
    for (let n = 0; n < 130; n++) {
      if (n % 7 === 0) at.advance(1)
      made.push((await at.conversation('group', [at.asha])).id)
    }
    const seen: ConversationId[] = []
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await at.messaging.inbox(at.acme, at.asha, { limit: 17, ...(cursor && { cursor }) })
      assert.ok(page.entries.length <= 17)
      seen.push(...page.entries.map(({ conversation }) => conversation.id))
      cursor = page.cursor
    }
    assert.equal(seen.length, 130)
    assert.deepEqual(new Set(seen), new Set(made))
    for (const cursor of ['', 'nonsense', Buffer.from('1 conv_x').toString('base64url')]) {
      assert.equal(await refusal(at.messaging.inbox(at.acme, at.asha, { limit: 5, cursor })), 'invalid_request')
    }
    assert.equal(await refusal(at.messaging.inbox(at.acme, at.asha, { limit: 0 })), 'invalid_request')
  })

  test('a device that catches up gets exactly what it misses, page by page', async () => {
    await using at = new Fixture(await open())
    const pair = await at.conversation()
    const group = await at.conversation('group', [at.asha, at.ben])
    const empty = await at.conversation('group', [at.ben])
    const others = await at.conversation('direct', [at.asha, at.carl])
    for (let n = 1; n <= 12; n++) await Promise.all([at.say(pair, at.asha, `p${n}`), at.say(group, at.asha, `g${n}`)])
    const held = new Map([
      [pair.id, 5],
      [others.id, 0],
    ])
    const seen: string[] = []
    const conversations: ConversationId[] = []
    let pages = 0
    for (let page: CaughtUp | undefined; page?.hasMore !== false; pages++) {
      page = await at.messaging.catchUp(at.acme, at.ben, held, 4)
      assert.ok(page.messages.length + page.conversations.length <= 4)
      for (const { id } of page.conversations) {
        conversations.push(id)
        held.set(id, 0)
      }
      for (const { conversationId, seq, text } of page.messages) {
        assert.equal(held.get(conversationId), seq - 1)
        held.set(conversationId, seq)
        seen.push(text)
      }
    }
    assert.deepEqual(conversations.toSorted(), [group.id, empty.id].toSorted())
    assert.equal(seen.length, 7 + 12)
    assert.ok(pages <= 7)
    assert.deepEqual(await at.messaging.catchUp(at.acme, at.ben, held, 4), {
      messages: [],
      conversations: [],
      hasMore: false,
    })
    assert.equal(await refusal(at.messaging.catchUp(at.acme, at.ben, held, 0)), 'invalid_request')
  })

  test('a page of catch-up is bounded in bytes', async () => {
    await using at = new Fixture(await open(), { pageBytesMax: 100_000 })
    for (let n = 0; n < 5; n++) {
      const group = await at.conversation('group')
      await at.say(group, at.asha, 'large', 'x'.repeat(60_000))
    }
    const page = await at.messaging.catchUp(at.acme, at.ben, new Map(), 500)
    assert.equal(page.messages.length, 2)
    assert.equal(page.hasMore, true)
  })
}
