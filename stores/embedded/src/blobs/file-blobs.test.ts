import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type KoineError, seededRandomness, systemClock, type TenantId, tenantIds } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { blobsConformance } from '@koine/stores-ports/conformance'
import { type Disk, realDisk } from './disk.ts'
import { FileBlobs } from './file-blobs.ts'

const randomness = seededRandomness(5)
const tenant: TenantId = tenantIds.make({ clock: systemClock, randomness })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array | undefined): string | undefined => body && new TextDecoder().decode(body)

function openIn(directory: string, disk: Disk = realDisk): FileBlobs {
  return new FileBlobs({ directory, clock: systemClock, randomness, disk })
}

blobsConformance('files', async () => {
  const directory = temporaryDirectory()
  const blobs = openIn(directory.path)
  return { blobs, now: () => systemClock.now(), [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
})

const failing = (code: string): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }))
const failures: { name: string; disk: Disk; code: string }[] = [
  { name: 'a full disk', disk: { ...realDisk, write: () => failing('ENOSPC') }, code: 'ENOSPC' },
  { name: 'a failed sync', disk: { ...realDisk, sync: () => failing('EIO') }, code: 'EIO' },
]
for (const { name, disk, code } of failures) {
  test(`${name} is unavailable and leaves the old object and nothing else`, async () => {
    await using directory = temporaryDirectory()
    await openIn(directory.path).forTenant(tenant).put('a', bytes('old'))
    const blobs = openIn(directory.path, disk).forTenant(tenant)
    await assert.rejects(blobs.put('a', bytes('new')), (error: KoineError) => {
      assert.equal(error.code, 'unavailable')
      assert.equal((error.cause as NodeJS.ErrnoException).code, code)
      return true
    })
    assert.equal(text(await blobs.get('a')), 'old')
    assert.deepEqual(await readdir(join(directory.path, 'tenants', tenant, 'blobs', 'temporary')), [])
  })
}

test('what a crash left half-written is removed before the first put, and nothing else is', async () => {
  await using directory = temporaryDirectory()
  await openIn(directory.path).forTenant(tenant).put('a', bytes('kept'))
  const temporary = join(directory.path, 'tenants', tenant, 'blobs', 'temporary')
  await writeFile(join(temporary, '0123'), 'half of an obj')
  const blobs = openIn(directory.path).forTenant(tenant)
  await blobs.put('b', bytes('new'))
  assert.deepEqual(await readdir(temporary), [])
  assert.equal(text(await blobs.get('a')), 'kept')
})

test('objects survive a restart with their content type', async () => {
  await using directory = temporaryDirectory()
  await openIn(directory.path).forTenant(tenant).put('a/b', bytes('x'), { contentType: 'image/png' })
  const head = await openIn(directory.path).forTenant(tenant).head('a/b')
  assert.equal(head?.contentType, 'image/png')
})

test("deleting the last object of a folder removes the folder, never the tenant's", async () => {
  await using directory = temporaryDirectory()
  const blobs = openIn(directory.path).forTenant(tenant)
  await blobs.put('a/b/c', bytes('x'))
  await blobs.delete('a/b/c')
  assert.deepEqual(await readdir(join(directory.path, 'tenants', tenant, 'blobs', 'objects')), [])
})

test('a file of a later format, or that is no object, is unavailable rather than misread', async () => {
  await using directory = temporaryDirectory()
  const blobs = openIn(directory.path).forTenant(tenant)
  const objects = join(directory.path, 'tenants', tenant, 'blobs', 'objects')
  await mkdir(objects, { recursive: true })
  await writeFile(join(objects, 'oalien'), 'what is this')
  await writeFile(join(objects, 'olater'), Buffer.concat([bytes('KBLOB'), Buffer.from([2, 0, 0])]))
  for (const key of ['alien', 'later']) {
    await assert.rejects(blobs.get(key), (error: KoineError) => error.code === 'unavailable')
  }
})

test('the first format of object files is still read', async () => {
  await using directory = temporaryDirectory()
  const objects = join(directory.path, 'tenants', tenant, 'blobs', 'objects', 'dphotos')
  await mkdir(objects, { recursive: true })
  const description = bytes('{"modifiedAtMs":1767225600000,"contentType":"text/plain"}')
  const header = Buffer.from([0x4b, 0x42, 0x4c, 0x4f, 0x42, 1, description.length, 0])
  await writeFile(join(objects, 'o%c3%9c_1.txt'), Buffer.concat([header, description, bytes('hello')]))
  const blobs = openIn(directory.path).forTenant(tenant)
  const expected = { key: 'photos/Ü_1.txt', bytes: 5, modifiedAtMs: 1767225600000, contentType: 'text/plain' }
  assert.deepEqual((await blobs.list({ prefix: 'photos/', limit: 10 })).blobs, [expected])
  assert.equal(text(await blobs.get('photos/Ü_1.txt')), 'hello')
})

test('presigned URLs of one cell are verified by its signer', async () => {
  await using directory = temporaryDirectory()
  const blobs = openIn(directory.path)
  const url = await blobs.forTenant(tenant).presign('a/b', { method: 'GET', expiresInMs: 60_000 })
  assert.deepEqual(blobs.signer.verify('GET', url), { method: 'GET', tenant, key: 'a/b' })
})

test('a tenant that is not an id can not name a directory', () => {
  assert.throws(() => openIn('/nowhere').forTenant('../control' as TenantId))
})
