import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { systemClock, systemRandomness, type TenantId, tenantIds } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { FileBlobs } from './file-blobs.ts'

const ids = { clock: systemClock, randomness: systemRandomness }
const writer = join(import.meta.dirname, 'crash-writer.ts')

/** Runs a writer, kills it after some acknowledged puts, and notes the last acknowledged number of each key. */
async function crash(directory: string, tenant: TenantId, acked: Map<string, number>, first: number): Promise<void> {
  const child = spawn(process.execPath, [writer, directory, tenant, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const puts = new Map<string, number>()
  for await (const line of createInterface(child.stdout)) {
    const [key, number] = JSON.parse(line) as [string, number]
    acked.set(key, number)
    const lane = key.split('/')[0]!
    puts.set(lane, (puts.get(lane) ?? 0) + 1)
    // Twice each key of each lane, so that what may be unacknowledged is only ever the next number.
    if (puts.size === 4 && [...puts.values()].every((count) => count >= 14)) child.kill('SIGKILL')
  }
  await ended
}

test('a process killed among puts loses no acknowledged object and leaves no part of one', async () => {
  await using directory = temporaryDirectory()
  const tenant = tenantIds.make(ids)
  const acked = new Map<string, number>()
  for (let round = 0; round < 5; round++) {
    await crash(directory.path, tenant, acked, round * 1000)
    const blobs = new FileBlobs({ directory: directory.path, ...ids }).forTenant(tenant)
    const { blobs: listed } = await blobs.list({ prefix: '', limit: 1000 })
    const keys = new Set(listed.map(({ key }) => key))
    for (const [key, number] of acked) {
      assert.ok(keys.has(key), key)
      const body = (await blobs.get(key))!
      assert.equal(body.length, 20_000)
      assert.ok(
        body.every((byte) => byte === body[0]),
        `${key} is whole`,
      )
      // A later put of the key may have been carried out and not acknowledged: it would be the next in its lane.
      const later = [number, number + 7].map((each) => each % 251)
      assert.ok(later.includes(body[0]!), `${key} holds ${body[0]} and not ${later.join()}`)
    }
  }
  const blobs = new FileBlobs({ directory: directory.path, ...ids }).forTenant(tenant)
  await blobs.put('last', new Uint8Array())
  assert.deepEqual(await readdir(join(directory.path, 'tenants', tenant, 'blobs', 'temporary')), [])
})
