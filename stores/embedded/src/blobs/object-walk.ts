import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readName } from './object-path.ts'

export interface FoundObject {
  /** The key's bytes as latin-1 text. */
  readonly key: string
  readonly path: string
}

interface Wanted {
  readonly prefix: string
  /** Only keys after this one. */
  readonly after: string | undefined
}

/** The objects below a directory in the order of their keys' bytes; skips directories that can't hold a wanted one. */
export async function* walkObjects(directory: string, wanted: Wanted, above = ''): AsyncGenerator<FoundObject> {
  for (const { name, isObject, key } of await namesIn(directory, above)) {
    if (isObject) {
      if (key.startsWith(wanted.prefix) && (wanted.after === undefined || key > wanted.after)) {
        yield { key, path: join(directory, name) }
      }
    } else if (mayHold(key, wanted)) {
      yield* walkObjects(join(directory, name), wanted, key)
    }
  }
}

/** Whether keys that begin with `start` may be among the wanted ones. */
const mayHold = (start: string, { prefix, after }: Wanted): boolean =>
  (start.startsWith(prefix) || prefix.startsWith(start)) &&
  (after === undefined || start > after || after.startsWith(start))

async function namesIn(directory: string, above: string): Promise<{ name: string; isObject: boolean; key: string }[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] // Pruned since its parent was read, or never made.
    throw error
  })
  return names
    .flatMap((name) => {
      const read = readName(name)
      return read ? [{ name, isObject: read.isObject, key: above + read.adds }] : []
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}
