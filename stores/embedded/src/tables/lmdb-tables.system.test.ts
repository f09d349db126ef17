import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type EventId, systemClock } from '@koine/base'
import { temporaryDirectory, until } from '@koine/base/testing'
import type { TenantTables } from '@koine/stores-ports'
import { LmdbTables } from './lmdb-tables.ts'

const writers = 8
const rounds = 20
const head = (writer: number) => ({ table: 'heads', pk: String(writer), sk: '' })
const item = (writer: number, number: number) => ({
  table: 'items',
  pk: String(writer),
  sk: String(number).padStart(8, '0'),
})
const twin = (writer: number, number: number) => ({ table: 'twins', pk: `${writer}.${number}`, sk: '' })

/** The child: writes numbered batches and relays their events, saying aloud what was acknowledged and what was relayed. */
async function writeUntilKilled(tables: TenantTables): Promise<void> {
  const say = (...words: unknown[]): void => void writeSync(1, `${words.join(' ')}\n`)
  const write = async (writer: number): Promise<void> => {
    for (;;) {
      const current = await tables.get(head(writer))
      const number = ((current?.attributes.number as number | undefined) ?? 0) + 1
      const result = await tables.write({
        operations: [
          { put: item(writer, number), attributes: { text: 'x'.repeat(300) }, if: 'absent' },
          { update: head(writer), add: { number: 1 }, if: current ? { version: current.version } : 'absent' },
          { put: twin(writer, number), attributes: {}, if: 'absent' },
        ],
        events: [
          { id: `evt_${writer}.${number}` as EventId, topic: 'koine.test', key: String(writer), body: `${number}` },
        ],
      })
      assert.deepEqual(result, { ok: true })
      say('written', writer, number)
    }
  }
  const relay = async (): Promise<void> => {
    for (;;) {
      const pending = await tables.outbox.pending(20)
      for (const { key, body } of pending) say('relayed', key, body)
      await tables.outbox.remove(pending)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all([relay(), ...Array.from({ length: writers }, (_, writer) => write(writer))])
}

interface Heard {
  /** The last number of each writer. */
  readonly written: number[]
  readonly relayed: number[]
}

/** Runs the child over the directory, kills it at a moment of chance, and adds what it said. */
async function runAndKill(directory: string, heard: Heard): Promise<void> {
  // A file, which takes every line at once; a full pipe would hold the child up.
  const said = join(directory, 'said')
  const output = await open(said, 'w')
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, KOINE_CRASH_DIRECTORY: directory },
    stdio: ['ignore', output.fd, 'inherit'],
  })
  const exited = once(child, 'exit')
  await until('the child has written', async () => child.exitCode !== null || (await output.stat()).size > 0)
  setTimeout(() => child.kill('SIGKILL'), Math.random() * 100)
  const [, signal] = (await exited) as [unknown, string]
  await output.close()
  assert.equal(signal, 'SIGKILL', 'the child ended before it was killed')
  for (const line of (await readFile(said, 'utf8')).split('\n').slice(0, -1)) {
    const [what, writer, number] = line.split(' ')
    const last = what === 'written' ? heard.written : heard.relayed
    last[Number(writer)] = Math.max(last[Number(writer)]!, Number(number))
  }
}

/** Everything acknowledged is there, every batch whole, and the outbox holds what wasn't relayed, in order. */
async function verify(directory: string, heard: Heard): Promise<void> {
  await using tables = new LmdbTables({ directory, clock: systemClock })
  const { control } = tables
  const pending = await control.outbox.pending(1_000_000)
  for (let writer = 0; writer < writers; writer++) {
    const number = ((await control.get(head(writer)))?.attributes.number as number | undefined) ?? 0
    assert.ok(
      number >= heard.written[writer]!,
      `writer ${writer}: ${heard.written[writer]} acknowledged, ${number} there`,
    )
    assert.equal(await lastItem(control, writer), number)
    if (number > 0) assert.ok(await control.get(twin(writer, number)))
    assert.equal(await control.get(twin(writer, number + 1)), undefined)
    const events = pending.filter(({ key }) => key === String(writer)).map(({ body }) => Number(body))
    const first = events[0] ?? number + 1
    assert.ok(first <= heard.relayed[writer]! + 1, `writer ${writer}: ${heard.relayed[writer]} relayed, then ${first}`)
    assert.deepEqual(
      events,
      Array.from({ length: number - first + 1 }, (_, i) => first + i),
    )
  }
}

/** The number of the last item, all of them being there from 1 on. */
async function lastItem(tables: TenantTables, writer: number): Promise<number> {
  let count = 0
  let cursor: string | undefined
  do {
    const page = await tables.query({ ...item(writer, 0), limit: 1000, ...(cursor === undefined ? {} : { cursor }) })
    for (const { key } of page.records) assert.equal(Number(key.sk), ++count)
    cursor = page.cursor
  } while (cursor !== undefined)
  return count
}

const crashDirectory = process.env.KOINE_CRASH_DIRECTORY
if (crashDirectory === undefined) {
  test('what was acknowledged survives kill -9, whole and with its events in order', { timeout: 120_000 }, async () => {
    await using place = temporaryDirectory()
    const heard: Heard = { written: Array<number>(writers).fill(0), relayed: Array<number>(writers).fill(0) }
    for (let round = 0; round < rounds; round++) {
      await runAndKill(place.path, heard)
      await verify(place.path, heard)
    }
    assert.ok(
      heard.written.every((number) => number > rounds),
      heard.written.join(' '),
    )
  })
} else {
  await writeUntilKilled(new LmdbTables({ directory: crashDirectory, clock: systemClock }).control)
}
