import { type FileHandle, link, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Clock, KoineError, type Randomness, type TenantId } from '@koine/base'
import {
  type BlobInfo,
  type BlobSigner,
  checkBlobKey,
  checkBlobRange,
  checkContentType,
  checkListLimit,
  decodeBlobCursor,
  encodeBlobCursor,
  type TenantBlobs,
} from '@koine/stores-ports'
import { type Disk, onDisk } from './disk.ts'
import { DurableDirectories, syncDirectory } from './durable-directories.ts'
import { encodeHeader, readBody, readHeader } from './object-file.ts'
import { bytesOf, namesOf, textOf } from './object-path.ts'
import { walkObjects } from './object-walk.ts'

export interface TenantFileBlobsOptions {
  /** The tenant's own: `objects` and `temporary` are made below it. */
  readonly directory: string
  readonly tenant: TenantId
  readonly clock: Pick<Clock, 'now'>
  readonly randomness: Randomness
  readonly signer: BlobSigner
  readonly disk: Disk
}

const unsyncedBytesMax = 4 * 1024 * 1024

type Body = Uint8Array | AsyncIterable<Uint8Array>
type PutOptions = Parameters<TenantBlobs['put']>[2]

/** One tenant's objects as files. */
export class TenantFileBlobs implements TenantBlobs {
  readonly #options: TenantFileBlobsOptions
  readonly #objects: string
  readonly #temporary: string
  #directories: DurableDirectories
  #prepared: Promise<void> | undefined
  /** Puts between the making of their directory and its last sync. */
  #placing = 0

  constructor(options: TenantFileBlobsOptions) {
    this.#options = options
    this.#objects = join(options.directory, 'objects')
    this.#temporary = join(options.directory, 'temporary')
    this.#directories = new DurableDirectories(this.#objects)
  }

  async put(key: string, body: Body, options: PutOptions = {}): Promise<{ ok: boolean }> {
    checkBlobKey(key)
    checkContentType(options.contentType)
    await onDisk(() => this.#prepare())
    const name = Buffer.from(this.#options.randomness.fill(new Uint8Array(16))).toString('hex')
    const temporary = join(this.#temporary, name)
    try {
      await this.#writeFile(temporary, body, options.contentType)
      return { ok: await onDisk(() => this.#place(temporary, this.#pathOf(key), options.ifAbsent ?? false)) }
    } finally {
      // Gone already when it was renamed. If it can't be removed now, the next start does.
      await rm(temporary, { force: true }).catch(() => {})
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#read(key, async (file) => {
      const { bodyStart } = await readHeader(file)
      const { size } = await file.stat()
      return readBody(file, bodyStart, size - bodyStart)
    })
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array | undefined> {
    checkBlobRange(start, length)
    return this.#read(key, async (file) => {
      const { bodyStart } = await readHeader(file)
      const { size } = await file.stat()
      return readBody(file, bodyStart + start, Math.min(length, size - bodyStart - start))
    })
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    return this.#read(key, (file) => describe(key, file))
  }

  async list({ prefix, limit, cursor }: Parameters<TenantBlobs['list']>[0]): ReturnType<TenantBlobs['list']> {
    checkListLimit(limit)
    const after = cursor === undefined ? undefined : bytesOf(decodeBlobCursor(cursor))
    return onDisk(async () => {
      const blobs: BlobInfo[] = []
      for await (const found of walkObjects(this.#objects, { prefix: bytesOf(prefix), after })) {
        if (blobs.length === limit) return { blobs, cursor: encodeBlobCursor(blobs.at(-1)!.key) }
        const key = textOf(found.key)
        const info = await withFile(found.path, (file) => describe(key, file))
        if (info) blobs.push(info)
      }
      return { blobs }
    })
  }

  async delete(key: string): Promise<void> {
    checkBlobKey(key)
    const path = this.#pathOf(key)
    await onDisk(async () => {
      if (!(await ifThere(unlink(path).then(() => true)))) return
      await ifThere(syncDirectory(dirname(path)))
      // An empty directory that stays, because a put may be about to use it, goes with a later delete.
      if (this.#placing === 0) await this.#directories.prune(dirname(path))
    })
  }

  async presign(key: string, { method, expiresInMs }: Parameters<TenantBlobs['presign']>[1]): Promise<string> {
    return this.#options.signer.sign({ method, tenant: this.#options.tenant, key }, expiresInMs)
  }

  /** After all was removed from outside: what was known to be on the disk isn't any more. */
  forgetDirectories(): void {
    this.#directories = new DurableDirectories(this.#objects)
    this.#prepared = undefined
  }

  #pathOf(key: string): string {
    return join(this.#objects, ...namesOf(key))
  }

  async #read<T>(key: string, read: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    checkBlobKey(key)
    return onDisk(() => withFile(this.#pathOf(key), read))
  }

  /** Once a process, ahead of the first put: makes the directories and removes what a crash left half-written. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#makeDirectories().catch((error: unknown) => {
      this.#prepared = undefined
      throw error
    })
    return this.#prepared
  }

  async #makeDirectories(): Promise<void> {
    const { directory } = this.#options
    await mkdir(this.#objects, { recursive: true })
    await mkdir(this.#temporary, { recursive: true })
    const [tenant, tenants] = [dirname(directory), dirname(dirname(directory))]
    for (const each of [directory, tenant, tenants, dirname(tenants)]) await syncDirectory(each)
    for (const leftover of await readdir(this.#temporary)) await rm(join(this.#temporary, leftover), { force: true })
  }

  /** What the sender of the body throws passes through as it is; what the disk throws is `unavailable`. */
  async #writeFile(path: string, body: Body, contentType: string | undefined): Promise<void> {
    const { disk, clock } = this.#options
    const file = await onDisk(() => open(path, 'wx'))
    try {
      const description = { modifiedAtMs: clock.now(), ...(contentType !== undefined && { contentType }) }
      await onDisk(() => disk.write(file, encodeHeader(description)))
      if (body instanceof Uint8Array) await onDisk(() => disk.write(file, body))
      else await this.#writeChunks(file, body)
      await onDisk(() => disk.sync(file))
    } finally {
      await onDisk(() => file.close())
    }
  }

  /** A large object reaches the disk bit by bit: one long sync at its end would hold up everybody else's. */
  async #writeChunks(file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { disk } = this.#options
    let unsyncedBytes = 0
    for await (const chunk of chunks) {
      await onDisk(() => disk.write(file, chunk))
      unsyncedBytes += chunk.length
      if (unsyncedBytes < unsyncedBytesMax) continue
      await onDisk(() => disk.sync(file))
      unsyncedBytes = 0
    }
  }

  /** False when it is there already and must not be replaced. */
  async #place(temporary: string, path: string, ifAbsent: boolean): Promise<boolean> {
    this.#placing++
    try {
      for (let attempt = 1; ; attempt++) {
        const outcome = await this.#tryToPlace(temporary, path, ifAbsent)
        if (outcome !== 'no-directory') return outcome === 'placed'
        if (attempt === 10) throw new KoineError('unavailable', 'The directories of the blobs vanish as they are made.')
      }
    } finally {
      this.#placing--
    }
  }

  async #tryToPlace(temporary: string, path: string, ifAbsent: boolean): Promise<'placed' | 'exists' | 'no-directory'> {
    const directory = dirname(path)
    try {
      await this.#directories.ensure(directory)
      await (ifAbsent ? link(temporary, path) : rename(temporary, path))
      // Again, because the directory may be another one by now: its own entry must be on the disk, too.
      await this.#directories.ensure(directory)
      await syncDirectory(directory)
      return 'placed'
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (ifAbsent && code === 'EEXIST') return 'exists'
      if (code !== 'ENOENT') throw error
      // A delete beside us took a directory away because it was empty. It is made again.
      this.#directories.forgetWithAbove(directory)
      return 'no-directory'
    }
  }
}

async function describe(key: string, file: FileHandle): Promise<BlobInfo> {
  const { bodyStart, modifiedAtMs, contentType } = await readHeader(file)
  const { size } = await file.stat()
  return { key, bytes: size - bodyStart, modifiedAtMs, ...(contentType !== undefined && { contentType }) }
}

async function withFile<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  const file = await ifThere(open(path, 'r'))
  if (!file) return undefined
  try {
    return await read(file)
  } finally {
    await file.close()
  }
}

/** Undefined when the file or its directory isn't there. */
async function ifThere<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
