import type { FileHandle } from 'node:fs/promises'
import { KoineError } from '@koine/base'

/** The two steps of writing that fail on a full or a dying disk; a parameter, so that tests can make them. */
export interface Disk {
  write(file: FileHandle, bytes: Uint8Array): Promise<void>
  sync(file: FileHandle): Promise<void>
}

export const realDisk: Disk = {
  write: (file, bytes) => file.appendFile(bytes),
  sync: (file) => file.sync(),
}

/** Runs steps on the disk; what fails there is `unavailable`, with the system's error as its cause. */
export async function onDisk<T>(steps: () => Promise<T>): Promise<T> {
  try {
    return await steps()
  } catch (error) {
    if (error instanceof KoineError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'an unknown failure'
    throw new KoineError('unavailable', `The disk of the blobs answers ${code}.`, { cause: error })
  }
}
