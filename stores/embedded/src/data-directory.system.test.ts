import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from '@koine/base/testing'
import { openDataDirectory } from './data-directory.ts'

const held = process.env.KOINE_HELD_DIRECTORY
if (held === undefined) {
  test('a data directory is held against other processes and free once its holder was killed', async () => {
    await using place = temporaryDirectory()
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
      env: { ...process.env, KOINE_HELD_DIRECTORY: place.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    await assert.rejects(openDataDirectory(place.path), { code: 'unavailable', message: /in use by another process/ })
    child.kill('SIGKILL')
    await exited
    await (await openDataDirectory(place.path))[Symbol.asyncDispose]()
  })
} else {
  const directory = await openDataDirectory(held)
  console.log(directory.path)
  await new Promise(() => setInterval(() => {}, 60_000))
}
