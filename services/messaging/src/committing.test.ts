import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KoineError, seededRandomness } from '@koine/base'
import type { Faults } from '@koine/stores-ports'
import fc from 'fast-check'
import type { Message } from './conversation.ts'
import { Fixture, openMemory, refusal } from './testing/messaging-fixture.ts'

/** Faults that a test turns on and off. */
class Switchable implements Faults {
  before: Faults['before'] = () => {}
  after: Faults['after'] = () => {}
}

const lost = (): never => {
  throw new KoineError('timeout', 'The answer was lost.')
}

const failing = (): never => {
  throw new KoineError('unavailable', 'The engine is away.')
}

/** Calls `fault` for the next `times` writes only. */
function nextWrites(times: number, fault: () => void): (operation: string) => void {
  let left = times
  return (operation) => {
    if (operation === 'tables.write' && left-- > 0) fault()
  }
}

test('a write whose answer is lost makes one message, which is answered and delivered once', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  const heard: number[] = []
  await at.messaging.subscribe(at.acme, at.ben, (event) => event.type === 'message' && heard.push(event.message.seq))
  faults.after = nextWrites(1, lost)
  const sent = await Promise.all(['a', 'b', 'c'].map((text) => at.say(pair, at.asha, text)))
  assert.deepEqual(
    sent.map(({ seq }) => seq),
    [1, 2, 3],
  )
  assert.deepEqual(await at.texts(pair), ['a', 'b', 'c'])
  assert.deepEqual(heard, [1, 2, 3])
  assert.equal((await at.acme.tables.outbox.pending(10)).length, 4)
})

test('a write that fails is tried again', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  faults.before = nextWrites(3, failing)
  assert.equal((await at.say(pair, at.asha, 'a')).seq, 1)
  assert.deepEqual(await at.texts(pair), ['a'])
})

test('while the tables are away a send ends as unknown, and repeating it later stores it once', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  faults.before = failing
  const sends = Promise.all(['a', 'b'].map((text) => refusal(at.say(pair, at.asha, text))))
  assert.deepEqual(await sends, ['timeout', 'timeout'])
  faults.before = () => {}
  assert.equal((await at.say(pair, at.asha, 'b')).seq, 1)
  assert.equal((await at.say(pair, at.asha, 'a')).seq, 2)
})

test('tables at their limit are tried again, and then named as the reason', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  const full = (): never => {
    throw new KoineError('overloaded', 'Too many writes wait for the disk.')
  }
  faults.before = nextWrites(3, full)
  assert.equal((await at.say(pair, at.asha, 'a')).seq, 1)
  faults.before = nextWrites(100, full)
  assert.equal(await refusal(at.say(pair, at.asha, 'b')), 'overloaded')
})

test('a write that takes effect long after it was given up makes no second message', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  await at.say(pair, at.asha, 'before')
  const { tables } = at.acme
  const late: (() => Promise<unknown>)[] = []
  const slow = {
    ...at.acme,
    tables: {
      get: tables.get.bind(tables),
      getMany: tables.getMany.bind(tables),
      query: tables.query.bind(tables),
      outbox: tables.outbox,
      write: async (batch: Parameters<typeof tables.write>[0]) => {
        if (late.length > 0) return tables.write(batch)
        late.push(() => tables.write(batch))
        return lost()
      },
    },
  }
  const message = { conversationId: pair.id, senderId: at.asha, clientMessageId: 'x', text: 'x' }
  const sent = await at.messaging.send(slow, message)
  assert.deepEqual(await late[0]!(), { ok: false, failed: [0, 1] })
  assert.equal(sent.seq, 2)
  assert.deepEqual(await at.texts(pair), ['before', 'x'])
})

test('a conversation whose making lost its answers is there once', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  faults.after = nextWrites(2, lost)
  const pair = await at.conversation()
  assert.deepEqual(await at.conversation(), pair)
  faults.after = nextWrites(3, lost)
  const group = await at.conversation('group', [at.asha, at.ben])
  const { entries } = await at.messaging.inbox(at.acme, at.asha, { limit: 10 })
  assert.deepEqual(entries.map(({ conversation }) => conversation.id).toSorted(), [pair.id, group.id].toSorted())
  assert.equal((await at.acme.tables.outbox.pending(10)).length, 2)
})

test('live delivery that fails does not touch what is stored', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  faults.before = (operation) => (operation.startsWith('cache.') ? failing() : undefined)
  assert.equal((await at.say(pair, at.asha, 'a')).seq, 1)
})

test('a refused send leaves its repeats free while others of its commit wait for the disk', async () => {
  const faults = new Switchable()
  await using at = new Fixture(openMemory(faults))
  const pair = await at.conversation()
  await at.say(pair, at.asha, 'x', 'first')
  faults.before = () => new Promise((resolve) => setImmediate(resolve))
  const outcomes = await Promise.allSettled([
    at.say(pair, at.ben, 'other'),
    at.say(pair, at.asha, 'x', 'second'),
    at.say(pair, at.asha, 'x', 'first'),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(await at.texts(pair), ['first', 'other'])
})

/** What people do at once: who sends, on which node, under which name, with which text. Few names, so that they collide. */
const sendings = fc.array(
  fc.record({ sender: fc.nat(2), node: fc.nat(2), name: fc.nat(9), text: fc.nat(1), pauses: fc.nat(3) }),
  { minLength: 1, maxLength: 40 },
)

test('whatever fails: numbers have no gaps, a name makes one message, and answers tell the truth', async () => {
  await fc.assert(
    fc.asyncProperty(sendings, fc.integer(), async (sendings, seed) => {
      const chance = seededRandomness(seed)
      const faults = new Switchable()
      await using at = new Fixture(openMemory(faults), { commitAttemptsMax: 4 })
      const people = [at.asha, at.ben, at.carl]
      const group = await at.conversation('group', people)
      const nodes = [at.messaging, at.node({ commitAttemptsMax: 4 }), at.node({ commitAttemptsMax: 4 })]
      faults.before = async () => {
        await turns(chance.fraction() * 6)
        if (chance.fraction() < 0.15) failing()
      }
      faults.after = async () => {
        await turns(chance.fraction() * 6)
        if (chance.fraction() < 0.15) lost()
      }
      const outcomes = await Promise.allSettled(
        sendings.map(async ({ sender, node, name, text, pauses }) => {
          await turns(pauses * 10)
          const message = { clientMessageId: `name ${name}`, text: `text ${text}`, senderId: people[sender]! }
          return nodes[node]!.send(at.acme, { conversationId: group.id, ...message })
        }),
      )
      faults.before = faults.after = () => {}
      const { messages } = await at.messaging.history(at.acme, at.asha, group.id, { limit: 500 })
      assert.deepEqual(
        messages.map(({ seq }) => seq),
        messages.map((_, n) => n + 1),
      )
      assert.equal(new Set(messages.map((m) => `${m.senderId} ${m.clientMessageId}`)).size, messages.length)
      for (const [n, outcome] of outcomes.entries()) checkAnswer(messages, sendings[n]!.text, outcome)
      const events = (await at.acme.tables.outbox.pending(1000)).slice(1).map(({ body }) => JSON.parse(body))
      assert.deepEqual(
        events.map(({ data }) => data.message),
        messages,
      )
    }),
    { numRuns: 60 },
  )
})

function checkAnswer(messages: readonly Message[], text: number, outcome: PromiseSettledResult<Message>): void {
  if (outcome.status === 'fulfilled') {
    assert.deepEqual(messages[outcome.value.seq - 1], outcome.value)
    assert.equal(outcome.value.text, `text ${text}`)
  } else assert.ok(outcome.reason instanceof KoineError, String(outcome.reason))
}

/** Lets others run for a while. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}
