import { join } from 'node:path'
import { type LogFiles, writeAll } from '../log/log-files.ts'

/** Enough that a disk with a few blocks left doesn't pass for one with room. */
const checkBytes = 1024 * 1024

/** Writes a file into the directory, syncs it and takes it away. */
export async function checkDisk(files: LogFiles, directory: string): Promise<void> {
  const path = join(directory, 'disk-check')
  const file = await files.open(path, 'write')
  try {
    await writeAll(file, [new Uint8Array(checkBytes)], 0)
    await file.sync()
  } finally {
    await file.close()
    await files.remove(path)
  }
}
