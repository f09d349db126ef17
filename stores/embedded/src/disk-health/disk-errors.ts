import { constants } from 'node:os'

/** The system's errors that say something of the disk, rather than of a name or a right. */
const meanings = {
  EIO: 'the disk reports errors',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENODEV: 'the disk is gone',
  ENXIO: 'the disk is gone',
  EUCLEAN: 'the file system is damaged',
} as const

export type DiskErrorCode = keyof typeof meanings

/** EUCLEAN is Linux's own, and Node doesn't name it. */
const numbers = new Map<number, DiskErrorCode>([[117, 'EUCLEAN']])
for (const code of Object.keys(meanings) as DiskErrorCode[]) {
  const number = (constants.errno as { readonly [code: string]: number | undefined })[code]
  if (number !== undefined) numbers.set(number, code)
}

/** What an error says of the disk; undefined when nothing. Engines tell the system's code by name or by number. */
export function diskErrorOf(error: unknown): DiskErrorCode | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 4; each = each.cause, depth++) {
    const { code, errno } = each as { code?: unknown; errno?: unknown }
    if (typeof code === 'string' && Object.hasOwn(meanings, code)) return code as DiskErrorCode
    const known = numbers.get(Math.abs(Number(errno ?? code)))
    if (known) return known
  }
  return undefined
}

export const meaningOf = (code: DiskErrorCode): string => `${meanings[code]} (${code})`
