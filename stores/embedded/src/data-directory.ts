import { access, chmod, constants, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KoineError } from '@koine/base'
import { syncDirectory } from './blobs/durable-directories.ts'

/** The layout this code writes, and the newest that it reads. */
const dataFormat = 1

const formatFile = 'format-version'
const lockFile = 'lock'
/** SQLite's result code for a lock that somebody else holds. */
const sqliteBusy = 5

/** A cell's data directory, held for this process alone. */
export interface DataDirectory extends AsyncDisposable {
  /** Absolute. */
  readonly path: string
}

/**
 * Makes the directory (readable by its owner only) when there is none, and holds it until disposal or the end of the
 * process, whichever way that comes.
 * @throws KoineError `unavailable`: it can't be written, another process holds it, or a newer version wrote it. The
 * message is for the operator. Nothing in the directory is changed then.
 */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  const path = resolve(directory)
  await ensureWritable(path)
  // Before the lock: its file must not appear in what a newer version laid out.
  await checkFormat(path)
  const lock = takeLock(path)
  try {
    await checkFormat(path)
    await writeFormat(path)
  } catch (error) {
    lock.close()
    throw error
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => lock.close(),
  }
}

async function ensureWritable(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true, mode: 0o700 })
    // Whatever the umask took away or a parent's default gave.
    if (made !== undefined) {
      await chmod(path, 0o700)
      // All that will be acknowledged is below: the names that were made have to survive a power failure.
      for (let each = path; each.length >= made.length; each = dirname(each)) await syncDirectory(dirname(each))
    }
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw notWritable(path, cause)
  }
}

const notWritable = (path: string, cause: unknown): KoineError => {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return new KoineError(
    'unavailable',
    `The data directory ${path} can't be written (${code}); name another or change its rights.`,
    { cause },
  )
}

/**
 * An exclusive lock on a file, taken through SQLite because Node has no call for it: the system gives it up when the
 * process ends, however it ends, so there is no stale lock to clear.
 */
function takeLock(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(path, lockFile), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (cause) {
    database?.close()
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) throw notWritable(path, cause)
    const message = `The data directory ${path} is in use by another process; stop that one or name another directory.`
    throw new KoineError('unavailable', message, { cause })
  }
}

async function checkFormat(path: string): Promise<void> {
  const format = await readFormat(path)
  if (format !== undefined && format > dataFormat) {
    throw new KoineError(
      'unavailable',
      `The data directory ${path} was written by a newer version (format ${format}, this one reads up to ${dataFormat}); use that version.`,
    )
  }
}

/** The format that is written down, or undefined in a new directory. */
async function readFormat(path: string): Promise<number | undefined> {
  let text: string
  try {
    text = (await readFile(join(path, formatFile), 'utf8')).trim()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw notWritable(path, cause)
  }
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new KoineError(
      'unavailable',
      `The file ${join(path, formatFile)} holds no format version; is ${path} a data directory of Koine?`,
    )
  }
  return Number(text)
}

/** Written aside and renamed, so that a crash leaves the whole file or none. */
async function writeFormat(path: string): Promise<void> {
  if ((await readFormat(path)) === dataFormat) return
  const target = join(path, formatFile)
  try {
    const file = await open(`${target}.new`, 'w', 0o600)
    try {
      await file.writeFile(`${dataFormat}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${target}.new`, target)
    await syncDirectory(path)
  } catch (cause) {
    throw notWritable(path, cause)
  }
}
