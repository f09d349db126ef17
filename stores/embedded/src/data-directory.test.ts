import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '@koine/base/testing'
import { openDataDirectory } from './data-directory.ts'

const unavailable = (part: RegExp) => (error: unknown) => {
  const { code, message } = error as { code?: string; message: string }
  return code === 'unavailable' && part.test(message) && !message.includes('\n')
}

test('a data directory is made with its parents, for its owner only, and says its format', async () => {
  await using place = temporaryDirectory()
  const path = join(place.path, 'a', 'b')
  await using directory = await openDataDirectory(path)
  assert.equal(directory.path, path)
  assert.equal((await stat(path)).mode & 0o777, 0o700)
  assert.equal(await readFile(join(path, 'format-version'), 'utf8'), '1\n')
})

test('a data directory is held until it is disposed', async () => {
  await using place = temporaryDirectory()
  const first = await openDataDirectory(place.path)
  await assert.rejects(openDataDirectory(place.path), unavailable(/in use by another process/))
  await first[Symbol.asyncDispose]()
  await (await openDataDirectory(place.path))[Symbol.asyncDispose]()
})

test('what a newer version wrote is refused and left as it is', async () => {
  await using place = temporaryDirectory()
  await writeFile(join(place.path, 'format-version'), '2\n')
  await assert.rejects(openDataDirectory(place.path), unavailable(/written by a newer version \(format 2/))
  assert.deepEqual(await readdir(place.path), ['format-version'])
})

test('a format file that is none is refused', async () => {
  await using place = temporaryDirectory()
  await writeFile(join(place.path, 'format-version'), 'hello')
  await assert.rejects(openDataDirectory(place.path), unavailable(/no format version/))
})

test('a path that is a file, or below one, is refused', async () => {
  await using place = temporaryDirectory()
  const file = join(place.path, 'file')
  await writeFile(file, '')
  await assert.rejects(openDataDirectory(file), unavailable(/can't be written/))
  await assert.rejects(openDataDirectory(join(file, 'below')), unavailable(/can't be written/))
})
