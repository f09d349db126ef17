/**
 * How keys become paths. Each `/`-separated part is a directory (`d…`), the last one a file (`o…`), so that `a` and
 * `a/b` can both be objects. Lower-case letters, digits, `.`, `_` and `-` stand for themselves and every other byte is
 * `%xx`: no name depends on the file system's view of case or Unicode, and none is `.` or `..`. A part of
 * `chunkBytes` or more goes on in directories of `c…`, because file names end at 255 bytes.
 *
 * Keys are handled as their UTF-8 bytes in latin-1 text, one character a byte: its `<` and `startsWith` are bytewise.
 */
const chunkBytes = 80

/** The names from the outermost directory to the file. */
export function namesOf(key: string): string[] {
  const parts = bytesOf(key).split('/')
  return parts.flatMap((part, i) => namesOfPart(part, i === parts.length - 1 ? 'o' : 'd'))
}

export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')
export const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString()

export interface NameOnDisk {
  readonly isObject: boolean
  /** What it adds to the key's bytes, its `/` included. */
  readonly adds: string
}

/** What a name stands for; undefined when it isn't one of ours. */
export function readName(name: string): NameOnDisk | undefined {
  const kind = name[0]
  if (kind !== 'o' && kind !== 'd' && kind !== 'c') return undefined
  const bytes = name.slice(1).replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return { isObject: kind === 'o', adds: kind === 'd' ? `${bytes}/` : bytes }
}

function namesOfPart(part: string, kind: 'o' | 'd'): string[] {
  const names: string[] = []
  let rest = part
  // A part of exactly one chunk has an empty rest: else it would sort apart from the longer ones that it begins.
  while (rest.length >= chunkBytes) {
    names.push(`c${escape(rest.slice(0, chunkBytes))}`)
    rest = rest.slice(chunkBytes)
  }
  return [...names, kind + escape(rest)]
}

const escape = (bytes: string): string =>
  bytes.replace(/[^a-z0-9._-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
