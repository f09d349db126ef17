import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EventId,
  eventIds,
  type Logger,
  seededRandomness,
  silentLogger,
  type TenantId,
  tenantIds,
} from '@koine/base'
import { ManualClock, until } from '@koine/base/testing'
import fc from 'fast-check'
import { EventLog, type StoredRecord } from './event-log.ts'
import type { Faults } from './faults.ts'
import type { TenantLog } from './log.ts'
import { MemoryLog } from './memory/memory-log.ts'
import { MemoryTables } from './memory/memory-tables.ts'
import { OutboxRelay } from './outbox-relay.ts'

const topic = 'koine.messages'

/** Lets a test break the nth operation from now on, before or after its effect. */
class BrokenAt implements Faults {
  #left = Infinity
  #break: () => void | Promise<void> = () => {}
  #when: 'before' | 'after' = 'before'
  hits = 0

  plan(operation: number, when: 'before' | 'after', how: () => void | Promise<void>): void {
    this.#left = operation
    this.#when = when
    this.#break = how
  }

  heal(): void {
    this.#left = Infinity
  }

  before(): void | Promise<void> {
    this.#left--
    if (this.#when === 'before') return this.#hit()
  }

  after(): void | Promise<void> {
    if (this.#when === 'after') return this.#hit()
  }

  #hit(): void | Promise<void> {
    if (this.#left >= 0) return
    this.hits++
    return this.#break()
  }
}

function open(logger: Logger = silentLogger, roundEvents = 4) {
  const clock = new ManualClock()
  const faults = new BrokenAt()
  const source = { clock, randomness: seededRandomness(11) }
  const tables = new MemoryTables({ clock, faults })
  const log = new MemoryLog({ clock, faults })
  const tenant = tenantIds.make(source)
  const scope = (id: TenantId) => ({ tables: tables.forTenant(id), log: log.forTenant(id) })
  const startRelay = (): OutboxRelay => {
    const relay = new OutboxRelay({ scope, clock, logger, partitions: 2, roundEvents })
    relay.add(tenant)
    return relay
  }
  const commit = async (keys: readonly string[]): Promise<EventId[]> => {
    const events = keys.map((key) => ({ id: eventIds.make(source), topic, key, body: '{}' }))
    await tables.forTenant(tenant).write({ operations: [], events })
    return events.map(({ id }) => id)
  }
  const newId = (): EventId => eventIds.make(source)
  return { clock, faults, tenant, commit, newId, startRelay, scope: scope(tenant) }
}

type Opened = ReturnType<typeof open>

const idOf = ({ headers }: StoredRecord): string =>
  Buffer.from(headers.find(({ name }) => name === 'event-id')!.value!).toString()

/** All that the topic holds, by key and in order. */
async function appended({ scope, clock }: Opened): Promise<Map<string, string[]>> {
  const events = new EventLog(scope.log, { clock })
  const byKey = new Map<string, string[]>()
  for (let partition = 0; partition < ((await scope.log.topic(topic))?.partitions ?? 0); partition++) {
    for (let offset = 0; ;) {
      const page = await events.read({ topic, partition }, offset, 1000)
      for (const record of page.records) byKey.set(record.key!, [...(byKey.get(record.key!) ?? []), idOf(record)])
      if (page.nextOffset === offset) break
      offset = page.nextOffset
    }
  }
  return byKey
}

test('committed events reach the log, under their ids, in order per key, and leave the outbox', async () => {
  const opened = open()
  const early = await opened.commit(['a', 'b', 'a'])
  await using relay = opened.startRelay()
  await relay.drained(opened.tenant)
  const late = await opened.commit(['a', 'c', 'c', 'c', 'c', 'b'])
  await relay.drained(opened.tenant)
  assert.deepEqual(
    await appended(opened),
    new Map<string, (string | undefined)[]>([
      ['a', [early[0], early[2], late[0]]],
      ['b', [early[1], late[5]]],
      ['c', late.slice(1, 5)],
    ]),
  )
  assert.deepEqual(await opened.scope.tables.outbox.pending(10), [])
})

test('the relay makes the topic that is missing, without a limit of time', async () => {
  const opened = open()
  await using relay = opened.startRelay()
  await opened.commit(['a'])
  await relay.drained(opened.tenant)
  const made = await opened.scope.log.topic(topic)
  assert.equal(made?.partitions, 2)
  assert.equal(made.settings['retention.ms'], '-1')
})

test('a tenant that was removed is relayed no more, and goes on when it is added again', async () => {
  const opened = open()
  await using relay = opened.startRelay()
  await relay.drained(opened.tenant)
  await relay.remove(opened.tenant)
  const [id] = await opened.commit(['a'])
  await relay.drained(opened.tenant)
  assert.deepEqual(await appended(opened), new Map())
  relay.add(opened.tenant)
  await relay.drained(opened.tenant)
  assert.deepEqual(await appended(opened), new Map([['a', [id]]]))
})

test('a failure is tried again with backoff, and nothing is skipped', async () => {
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, child: () => logger, warn: (_, message) => warnings.push(message) }
  const opened = open(logger)
  opened.faults.plan(0, 'before', () => {
    throw new Error('the engine is down')
  })
  await using relay = opened.startRelay()
  for (let failures = 1; failures <= 12; failures++) {
    await until(`failure ${failures} is reported`, () => warnings.length === failures)
    await until('it backs off', () => opened.clock.step())
  }
  opened.faults.heal()
  opened.clock.advance(5_000)
  const [id] = await opened.commit(['a'])
  opened.clock.advance(5_000)
  await relay.drained(opened.tenant)
  assert.deepEqual(await appended(opened), new Map([['a', [id]]]))
})

test('disposing waits for the round in flight', async () => {
  const opened = open()
  const [id] = await opened.commit(['a'])
  const gate = Promise.withResolvers<void>()
  opened.faults.plan(0, 'before', () => gate.promise)
  const relay = opened.startRelay()
  await until('the round has started', () => opened.faults.hits > 0)
  const disposed = relay[Symbol.asyncDispose]()
  gate.resolve()
  await disposed
  assert.deepEqual(await appended(opened), new Map([['a', [id]]]))
  assert.deepEqual(await opened.scope.tables.outbox.pending(10), [])
})

const firstSeen = (ids: readonly string[]): string[] => [...new Set(ids)]

/** A crash: the operation that is broken, and all after it, never answer. */
const never = (): Promise<void> => new Promise(() => {})

test('a crash at any point of the relay neither loses an event nor reorders those of a key', async () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 })
  const crash = fc.record({ operation: fc.nat(14), when: fc.constantFrom('before' as const, 'after' as const) })
  await fc.assert(
    fc.asyncProperty(keys, fc.array(crash, { minLength: 1, maxLength: 4 }), keys, async (early, crashes, late) => {
      const opened = open()
      const ids = await opened.commit(early)
      for (const { operation, when } of crashes) {
        opened.faults.hits = 0
        opened.faults.plan(operation, when, never)
        const relay = opened.startRelay()
        const drained = relay.drained(opened.tenant).then(() => true)
        await until('the relay has crashed or is done', () =>
          opened.faults.hits > 0 ? true : Promise.race([drained, Promise.resolve(false)]),
        )
      }
      opened.faults.heal()
      ids.push(...(await opened.commit(late)))
      await using relay = opened.startRelay()
      await relay.drained(opened.tenant)
      const all = [...early, ...late]
      const expected = new Map<string, string[]>()
      for (const [at, key] of all.entries()) expected.set(key, [...(expected.get(key) ?? []), ids[at]!])
      const found = await appended(opened)
      assert.deepEqual(new Map([...found].map(([key, list]) => [key, firstSeen(list)])), expected)
    }),
    { numRuns: 60 },
  )
})

test('failures whose outcome is unknown repeat events under the same ids, in order', async () => {
  const keys = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(keys, fc.nat(10), fc.constantFrom('before' as const, 'after' as const), async (all, nth, when) => {
      const opened = open()
      const ids = await opened.commit(all)
      let broken = false
      opened.faults.plan(nth, when, () => {
        if (broken) return
        broken = true
        throw new Error('no answer')
      })
      await using relay = opened.startRelay()
      let done = false
      void relay.drained(opened.tenant).then(() => (done = true))
      await until('all is relayed', () => {
        opened.clock.advance(100)
        return done
      })
      opened.faults.heal()
      for (const [key, list] of await appended(opened)) {
        assert.deepEqual(
          firstSeen(list),
          ids.filter((_, at) => all[at] === key),
        )
      }
    }),
    { numRuns: 60 },
  )
})

test('a topic that fails holds up no other, however much of it is pending, and goes on in order when it is well', async () => {
  const opened = open()
  const { log, tables } = opened.scope
  let broken = true
  const breakable = withAppend(log, (at, batches) =>
    broken && at.topic === 'broken' ? Promise.reject(new Error('no')) : log.append(at, batches),
  )
  const write = async (name: string, keys: readonly string[]): Promise<void> => {
    const events = keys.map((key) => ({ id: opened.newId(), topic: name, key, body: '{}' }))
    await tables.write({ operations: [], events })
  }
  const appendedTo = async (name: string): Promise<number> => {
    const bounds = await Promise.all([0, 1].map((partition) => log.bounds({ topic: name, partition })))
    return bounds.reduce((sum, bound) => sum + (bound?.endOffset ?? 0), 0)
  }
  await write('broken', ['a', 'b', 'a', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'])
  await write(topic, ['a'])
  await using relay = new OutboxRelay({
    scope: () => ({ tables, log: breakable }),
    clock: opened.clock,
    logger: silentLogger,
    partitions: 2,
    roundEvents: 4,
  })
  relay.add(opened.tenant)
  for (let count = 1; count <= 5; count++) {
    await until(`event ${count} of the other topic is relayed`, async () => {
      opened.clock.advance(10)
      return (await appendedTo(topic)) === count
    })
    await write('broken', ['a', 'z'])
    await write(topic, ['a'])
  }
  let drained = false
  void relay.drained(opened.tenant).then(() => (drained = true))
  await until('the other topic has all', async () => (opened.clock.advance(10), (await appendedTo(topic)) === 6))
  assert.equal(drained, false)
  broken = false
  await until('all is relayed', () => (opened.clock.advance(100), drained))
  assert.equal(await appendedTo('broken'), 22)
  assert.deepEqual(await tables.outbox.pending(1), [])
})

test('a topic that cannot be made holds up no other', async () => {
  const opened = open()
  await using _relay = opened.startRelay()
  await opened.scope.tables.write({
    operations: [],
    events: [{ id: opened.newId(), topic: 'no topic is called this', key: 'a', body: '{}' }],
  })
  const [id] = await opened.commit(['a'])
  await until('the other topic has its event', async () => {
    opened.clock.advance(10)
    return (await appended(opened)).get('a')?.[0] === id
  })
})

test('disposing waits for tenants that are being removed', async () => {
  const opened = open()
  const [id] = await opened.commit(['a'])
  const gate = Promise.withResolvers<void>()
  opened.faults.plan(0, 'before', () => gate.promise)
  const relay = opened.startRelay()
  await until('the round has started', () => opened.faults.hits > 0)
  const ended: string[] = []
  const removed = relay.remove(opened.tenant).then(() => ended.push('removed'))
  const again = relay.remove(opened.tenant).then(() => ended.push('removed again'))
  const disposed = relay[Symbol.asyncDispose]().then(() => ended.push('disposed'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(ended, [])
  gate.resolve()
  await Promise.all([removed, again, disposed])
  assert.deepEqual(await appended(opened), new Map([['a', [id]]]))
})

function withAppend(log: TenantLog, append: TenantLog['append']): TenantLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value: unknown = name === 'append' ? append : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
