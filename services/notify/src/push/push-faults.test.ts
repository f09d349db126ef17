import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConversationId, seededRandomness, type UserId, wholeNumber } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Faults } from '@koine/stores-ports'
import { OutboundFailure } from '../outbound/transport.ts'
import { Browser } from '../testing/browser.ts'
import { drive, settle } from '../testing/drive.ts'
import { Fixture } from '../testing/notify-fixture.ts'
import { answer, TestTransport } from '../testing/test-transport.ts'

const minute = 60_000

/** One run: stores fail before and after their effects, push services refuse and lose, nodes come and go. */
async function run(seed: number, browser: Browser): Promise<void> {
  const clock = new ManualClock()
  const chance = seededRandomness(seed)
  let calm = true
  const strike = async (operation: string): Promise<void> => {
    if (chance.fraction() < 0.2) await settle(1 + wholeNumber(chance, 3))
    if (!calm && chance.fraction() < 0.03) throw new Error(`fault at ${operation}`)
  }
  const faults: Faults = { before: strike, after: strike }
  const transport = new TestTransport()
  /** Up to which message each device has been told of a conversation. */
  const told = new Map<string, number>()
  transport.handler = async ({ url, body, headers }) => {
    const roll = chance.fraction()
    if (!calm && roll < 0.2) return answer(503)
    const { seq } = JSON.parse(await browser.read(body)) as { seq: number }
    const key = `${url.pathname} ${headers['topic']}`
    told.set(key, Math.max(seq, told.get(key) ?? 0))
    if (!calm && roll < 0.3) throw new OutboundFailure('connection-lost', 'the answer was lost')
    return answer(201)
  }
  const limits = { pushRetriesMs: Array<number>(100).fill(minute) }
  await using at = new Fixture({ clock, faults, outbound: { guarded: transport }, limits, seed })
  let node = at.node()
  node.start()
  await node.webPushPublicKey(at.acme)
  const asha = at.user()
  const users = [at.user(), at.user(), at.user()]
  const { p256dh, auth } = browser
  for (const user of users) {
    const endpoint = `https://push.example.com/${user}`
    await node.registerDevice(at.acme, user, { provider: 'web-push', endpoint, p256dh, auth })
  }
  const conversations = [at.conversation(asha, ...users), at.conversation(asha, ...users)]
  const acknowledged = new Map<string, number>()
  const lastSeq = new Map<ConversationId, number>()
  calm = false
  for (let count = 0; count < 15; count++) {
    const conversation = conversations[wholeNumber(chance, conversations.length)]!
    const { body, message } = at.message(conversation, asha)
    lastSeq.set(conversation, message.seq)
    for (let taken = false; !taken;) {
      taken = await node.onMessage(at.acme, body).then(
        () => true,
        () => false, // A fault: the log hands the event over once more.
      )
    }
    const reader: UserId = users[wholeNumber(chance, users.length)]!
    if (chance.fraction() < 0.3) {
      at.conversations.acknowledge(reader, conversation, message.seq)
      acknowledged.set(`${reader} ${conversation}`, message.seq)
    }
    clock.advance(wholeNumber(chance, 20_000))
    await settle(2)
    if (chance.fraction() < 0.1) {
      await node[Symbol.asyncDispose]()
      node = at.node()
      node.start()
    }
  }
  for (let steps = 0; steps < 50; steps++) {
    await settle()
    clock.step()
  }
  calm = true
  const missing = (): string[] =>
    users.flatMap((user) =>
      conversations
        .filter((conversation) => {
          const last = lastSeq.get(conversation) ?? 0
          const seen = Math.max(
            acknowledged.get(`${user} ${conversation}`) ?? 0,
            told.get(`/${user} ${conversation}`) ?? 0,
          )
          return seen < last
        })
        .map((conversation) => `${user} ${conversation}`),
    )
  await drive(clock, 'everybody has been told, or has seen it', () => missing().length === 0)
  assert.deepEqual(missing(), [], `seed ${seed}`)
}

const seeds = Number(process.env.KOINE_SEEDS ?? 12)

test(`whatever fails, who hasn’t seen the last message is told of it (${seeds} seeds)`, async () => {
  const first = Number(process.env.KOINE_SEED ?? 1)
  const browser = await Browser.make()
  for (let seed = first; seed < first + seeds; seed++) await run(seed, browser)
})
