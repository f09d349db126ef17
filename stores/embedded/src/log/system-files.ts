import { close, constants, fdatasync, fstat, ftruncate, open, read, type Stats, writev } from 'node:fs'
import { mkdir, open as openHandle, readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAbsentFile, type LogFile, type LogFiles, type OpenMode } from './log-files.ts'

type Callback<T> = (error: Error | null, value?: T) => void

/** Callbacks on descriptors: less work per call than file handles have, and this is the hot path. */
const promised = <T>(call: (callback: Callback<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value as T))))

const flagsOf = { read: constants.O_RDONLY, write: constants.O_RDWR | constants.O_CREAT } as const

/** The operating system's files. */
export const systemFiles: LogFiles = {
  async open(path: string, mode: OpenMode): Promise<LogFile> {
    return fileOf(await promised<number>((callback) => open(path, flagsOf[mode], 0o600, callback)))
  },
  async list(directory: string): Promise<readonly string[]> {
    try {
      return await readdir(directory)
    } catch (error) {
      if (isAbsentFile(error)) return []
      throw error
    }
  },
  async makeDirectory(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
  },
  syncDirectory,
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  removeDirectory: (path) => rm(path, { recursive: true, force: true }),
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await openHandle(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const fileOf = (descriptor: number): LogFile => ({
  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const count = await promised<number>((callback) =>
        read(descriptor, target, done, target.length - done, position + done, callback),
      )
      if (count === 0) break
      done += count
    }
    return done
  },
  write: (chunks, position) => promised<number>((callback) => writev(descriptor, chunks, position, callback)),
  sync: () => promised<void>((callback) => fdatasync(descriptor, callback)),
  truncate: (bytes) => promised<void>((callback) => ftruncate(descriptor, bytes, callback)),
  size: async () => (await promised<Stats>((callback) => fstat(descriptor, callback))).size,
  close: () => promised<void>((callback) => close(descriptor, callback)),
})
