import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { systemClock } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import type { TenantTables } from '@koine/stores-ports'
import { LmdbTables } from './lmdb-tables.ts'

const at = (number: number) => ({ table: 't', pk: 'p', sk: String(number).padStart(4, '0') })
const text = 'x'.repeat(100_000)
const count = 200

/** The child, whose files can't grow beyond a few megabytes: says which of its writes were acknowledged. */
async function writeBeyondTheLimit(tables: TenantTables): Promise<void> {
  const acknowledged: number[] = []
  const codes = new Set<string>()
  for (let number = 0; number < count; number++) {
    try {
      await tables.write({ operations: [{ put: at(number), attributes: { text } }] })
      acknowledged.push(number)
    } catch (error) {
      codes.add((error as { code: string }).code)
    }
    await tables.get(at(0))
  }
  console.log(JSON.stringify({ acknowledged, codes: [...codes] }))
}

const limited = process.env.KOINE_LIMITED_DIRECTORY
if (limited === undefined) {
  test('a disk that takes no more refuses writes as unavailable, keeps what was acknowledged, and recovers', async () => {
    await using place = temporaryDirectory()
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', 'ulimit -f 8000; exec "$0" "$1"', process.execPath, fileURLToPath(import.meta.url)],
      { env: { ...process.env, KOINE_LIMITED_DIRECTORY: place.path } },
    )
    const { acknowledged, codes } = JSON.parse(stdout) as { acknowledged: number[]; codes: string[] }
    assert.deepEqual(codes, ['unavailable'])
    assert.ok(acknowledged.length > 0 && acknowledged.length < count)
    await using tables = new LmdbTables({ directory: place.path, clock: systemClock })
    for (const number of acknowledged) assert.ok(await tables.control.get(at(number)), String(number))
    assert.deepEqual(await tables.control.write({ operations: [{ put: at(count), attributes: { text } }] }), {
      ok: true,
    })
  })
} else {
  await using tables = new LmdbTables({ directory: limited, clock: systemClock })
  await writeBeyondTheLimit(tables.control)
}
