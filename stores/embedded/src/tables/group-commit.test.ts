import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KoineError, systemClock, systemRandomness, tenantIds } from '@koine/base'
import { temporaryDirectory, until } from '@koine/base/testing'
import type { Faults, TenantTables } from '@koine/stores-ports'
import { LmdbTables } from './lmdb-tables.ts'

const tenant = tenantIds.make({ clock: systemClock, randomness: systemRandomness })
const at = (sk: string) => ({ table: 't', pk: 'p', sk })
const create = (sk: string) => ({ operations: [{ put: at(sk), attributes: { sk }, if: 'absent' as const }] })
const many = (count: number, make: (index: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)))

/** Counts commits, and holds or fails them on demand. */
class Disk implements Faults {
  commits = 0
  failing: 'before' | 'after' | undefined
  #held: PromiseWithResolvers<void> | undefined

  hold(): void {
    this.#held = Promise.withResolvers()
  }

  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  async before(): Promise<void> {
    this.commits++
    await this.#held?.promise
    if (this.failing === 'before') throw new Error('EIO')
  }

  after(): void {
    if (this.failing === 'after') throw new Error('EIO')
  }
}

async function withTables(
  body: (tables: TenantTables, disk: Disk) => Promise<void>,
  options: { readonly pendingBytesMax?: number } = {},
): Promise<void> {
  await using place = temporaryDirectory()
  const disk = new Disk()
  await using tables = new LmdbTables({ directory: place.path, clock: systemClock, faults: disk, ...options })
  // So that the environment is open.
  await tables.forTenant(tenant).write(create('opened'))
  disk.commits = 0
  await body(tables.forTenant(tenant), disk)
}

test('concurrent writers share a commit', () =>
  withTables(async (tables, disk) => {
    await many(100, (i) => tables.write(create(String(i))))
    assert.ok(disk.commits <= 2, `${disk.commits} commits`)
  }))

test('those who write while a commit runs share the next one', () =>
  withTables(async (tables, disk) => {
    disk.hold()
    const first = tables.write(create('first'))
    await until('the commit runs', () => disk.commits === 1)
    const others = many(50, (i) => tables.write(create(String(i))))
    assert.equal(disk.commits, 1)
    disk.release()
    await Promise.all([first, others])
    assert.equal(disk.commits, 2)
  }))

test('nothing is visible or answered before it is durable, a failed condition included', () =>
  withTables(async (tables, disk) => {
    disk.hold()
    const answers: string[] = []
    const event = { id: 'evt_1' as never, topic: 't', key: 'k', body: '{}' }
    const writes = [
      tables.write({ ...create('a'), events: [event] }).then(({ ok }) => answers.push(`first ${ok}`)),
      tables.write(create('a')).then(({ ok }) => answers.push(`second ${ok}`)),
    ]
    await until('the commit runs', () => disk.commits === 1)
    const third = tables.write(create('a')).then(({ ok }) => answers.push(`third ${ok}`))
    assert.equal(await tables.get(at('a')), undefined)
    assert.deepEqual(await tables.outbox.pending(10), [])
    assert.deepEqual(answers, [])
    disk.release()
    await Promise.all([...writes, third])
    assert.deepEqual(answers, ['first true', 'second false', 'third false'])
    assert.equal((await tables.outbox.pending(10)).length, 1)
  }))

test('a failed commit fails every batch that was on its way, and the tables work again afterwards', () =>
  withTables(async (tables, disk) => {
    await tables.write(create('before'))
    disk.failing = 'before'
    disk.hold()
    const codes: unknown[] = []
    const note = (error: unknown) => codes.push((error as KoineError).code)
    const writes = [many(3, (i) => tables.write(create(String(i))).catch(note)), tables.write(create('0')).catch(note)]
    await until('the commit runs', () => disk.commits === 2)
    writes.push(tables.write(create('behind')).catch(note), tables.write(create('before')).catch(note))
    disk.release()
    await Promise.all(writes)
    assert.deepEqual(
      codes,
      Array.from({ length: 6 }, () => 'unavailable'),
    )
    disk.failing = undefined
    assert.deepEqual(await tables.getMany([at('0'), at('behind')]), [undefined, undefined])
    assert.equal((await tables.get(at('before')))?.version, 1)
    assert.deepEqual(await tables.write(create('0')), { ok: true })
  }))

test('a commit that fails after it was written is not acknowledged, and what it left is read', () =>
  withTables(async (tables, disk) => {
    disk.failing = 'after'
    await assert.rejects(tables.write(create('a')), { code: 'unavailable' })
    disk.failing = undefined
    assert.equal((await tables.get(at('a')))?.version, 1)
    assert.deepEqual(await tables.write(create('a')), { ok: false, failed: [0] })
  }))

test('more bytes than may wait for the disk are refused as overloaded', () =>
  withTables(
    async (tables, disk) => {
      disk.hold()
      const big = (sk: string) => ({ operations: [{ put: at(sk), attributes: { text: 'x'.repeat(40_000) } }] })
      const first = tables.write(big('a'))
      await assert.rejects(tables.write(big('b')), { code: 'overloaded' })
      const small = tables.write(create('c'))
      disk.release()
      await Promise.all([first, small])
      await tables.write(big('b'))
      assert.equal((await tables.get(at('b')))?.version, 1)
    },
    { pendingBytesMax: 200_000 },
  ))
