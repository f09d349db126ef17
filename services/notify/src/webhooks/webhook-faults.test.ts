import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConversationId, seededRandomness, wholeNumber } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Faults } from '@koine/stores-ports'
import type { Notify } from '../notify.ts'
import { OutboundFailure } from '../outbound/transport.ts'
import { drive, settle } from '../testing/drive.ts'
import { Fixture } from '../testing/notify-fixture.ts'
import { answer, TestTransport, textOf } from '../testing/test-transport.ts'

const minute = 60_000

/** One run: every call of a store may fail before or after its effect, answers are refused and lost, nodes come and go. */
async function run(seed: number): Promise<void> {
  const clock = new ManualClock()
  const chance = seededRandomness(seed)
  let calm = true
  const strike = async (operation: string): Promise<void> => {
    // Some calls take long, so that others come in between.
    if (chance.fraction() < 0.3) await settle(1 + wholeNumber(chance, 3))
    if (!calm && chance.fraction() < 0.03) throw new Error(`fault at ${operation}`)
  }
  const faults: Faults = { before: strike, after: strike }
  const transport = new TestTransport()
  const accepted = new Map<string, string[]>()
  transport.handler = (request) => {
    const roll = chance.fraction()
    if (!calm && roll < 0.15) return answer(wholeNumber(chance, 2) === 0 ? 500 : 302)
    const key = `${request.url.pathname} ${(JSON.parse(textOf(request)) as { subject: string }).subject}`
    accepted.set(key, [...(accepted.get(key) ?? []), request.headers['webhook-id']!])
    if (!calm && roll < 0.25) throw new OutboundFailure('connection-lost', 'the answer was lost')
    return answer(200)
  }
  const limits = { deliveryRetriesMs: Array<number>(50).fill(minute) }
  await using at = new Fixture({ clock, faults, outbound: { guarded: transport }, limits, seed })
  let node = at.node()
  node.start()
  const endpoints = await Promise.all(
    ['a', 'b'].map((name) => node.createWebhookEndpoint(at.acme, { url: `https://hooks.example.com/${name}` })),
  )
  const asha = at.user()
  const conversations = [at.conversation(asha), at.conversation(asha), at.conversation(asha)]
  const expected = new Map<ConversationId, string[]>()
  calm = false
  const underway = new Map<ConversationId, Promise<void>>()
  for (let count = 0; count < 24; count++) {
    const conversation = conversations[wholeNumber(chance, conversations.length)]!
    const { body } = at.message(conversation, asha)
    expected.set(conversation, [...(expected.get(conversation) ?? []), (JSON.parse(body) as { id: string }).id])
    const taking = node
    const taken = (underway.get(conversation) ?? Promise.resolve()).then(() => untilTaken(taking, at, body))
    underway.set(conversation, taken)
    if (chance.fraction() < 0.7) await taken
    if (chance.fraction() < 0.5) clock.advance(wholeNumber(chance, 5 * minute))
    await settle(2)
    if (chance.fraction() < 0.15) {
      await node[Symbol.asyncDispose]()
      node = at.node()
      node.start()
    }
  }
  await Promise.all(underway.values())
  const waiting = async (): Promise<number> => {
    const all = await node.webhookEndpoints(at.acme)
    return all.reduce((sum, endpoint) => sum + endpoint.waiting, 0)
  }
  await drive(clock, 'most was tried under faults', () => clock.step(), 50)
  calm = true
  await drive(clock, 'all was delivered', async () => (await waiting()) === 0)
  for (const { url } of endpoints) {
    for (const [conversation, ids] of expected) {
      const took = accepted.get(`${new URL(url).pathname} ${conversation}`) ?? []
      assert.deepEqual([...new Set(took)], ids, `seed ${seed}: ${url} took each message of ${conversation} in order`)
    }
  }
  await drive(clock, 'the lanes are gone', async () => (await lanes(at, endpoints)) === 0)
}

/** As whoever follows the log does: an event is handed over until it is taken. */
async function untilTaken(node: Notify, at: Fixture, body: string): Promise<void> {
  for (;;) {
    try {
      return await node.onMessage(at.acme, body)
    } catch {
      await settle(1) // A fault: once more.
    }
  }
}

async function lanes(at: Fixture, endpoints: readonly { id: string }[]): Promise<number> {
  let count = 0
  for (const { id } of endpoints) {
    count += (await at.acme.tables.query({ table: 'webhook-lanes', pk: id, limit: 100 })).records.length
  }
  return count
}

const seeds = Number(process.env.KOINE_SEEDS ?? 20)

test(`whatever fails, each endpoint takes every message of a conversation, in order (${seeds} seeds)`, async () => {
  const first = Number(process.env.KOINE_SEED ?? 1)
  for (let seed = first; seed < first + seeds; seed++) await run(seed)
})
