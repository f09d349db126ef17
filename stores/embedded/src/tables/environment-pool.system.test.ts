import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@koine/base'
import { temporaryDirectory, until } from '@koine/base/testing'
import { checkBatch, noFaults, type WriteBatch } from '@koine/stores-ports'
import { systemFiles } from '../log/system-files.ts'
import { EnvironmentPool } from './environment-pool.ts'

const key = { table: 't', pk: 'p', sk: '' }
const batch: WriteBatch = { operations: [{ update: key, add: { n: 1 } }] }

/** Another process that holds an environment's lock on writing until its input ends: to this one, a disk that hangs. */
const holder = `
  import { readSync } from 'node:fs'
  import { open } from 'lmdb'
  const database = open({ path: process.argv[1], maxDbs: 1 })
  database.transactionSync(() => {
    console.log('held')
    readSync(0, Buffer.alloc(1))
  })
  process.exit()
`

test('one environment that LMDB does not come back from holds up nobody but its own users, and recovers', async () => {
  await using place = temporaryDirectory()
  const pool = new EnvironmentPool({
    clock: systemClock,
    files: systemFiles,
    faults: noFaults,
    pendingBytesMax: 1e6,
    openMax: 1,
    journal: { baseTimeoutMs: 100 },
  })
  const write = async (name: string) => pool.use(join(place.path, name), (one) => one.write(batch, checkBatch(batch)))
  await write('stuck')
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, join(place.path, 'stuck')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  await once(child.stdout, 'data')
  // It is to close for another, and can't.
  assert.deepEqual(await write('other'), { ok: true })
  await assert.rejects(write('stuck'), { code: 'unavailable' })
  await assert.rejects(pool.drop(join(place.path, 'stuck')), { code: 'unavailable' })
  assert.deepEqual(await write('other'), { ok: true })
  child.stdin.end()
  await once(child, 'exit')
  await until('it is usable again', () =>
    write('stuck').then(
      () => true,
      () => false,
    ),
  )
  assert.equal((await pool.use(join(place.path, 'stuck'), (one) => one.get(key)))?.attributes.n, 2)
  await pool.close()
})
