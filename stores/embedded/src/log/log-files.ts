/**
 * The file system as the log engine uses it: few operations, each of which a test can let fail, stop short or crash.
 * Failures are thrown as the operating system's errors.
 */
export interface LogFiles {
  /** `read`: must exist. `write`: for reading and writing, made when absent. */
  open(path: string, mode: OpenMode): Promise<LogFile>
  /** Names in a directory; none when there is no such directory. */
  list(directory: string): Promise<readonly string[]>
  /** With its parents, all of them durable. */
  makeDirectory(path: string): Promise<void>
  /** Makes the creations and removals in a directory durable. */
  syncDirectory(path: string): Promise<void>
  /** In one step, within a directory; durable with the directory. What had the new name goes. */
  rename(from: string, to: string): Promise<void>
  /** Harmless when there is no such file. */
  remove(path: string): Promise<void>
  /** With all that is in it. Harmless when there is none. */
  removeDirectory(path: string): Promise<void>
}

export type OpenMode = 'read' | 'write'

export interface LogFile {
  /** Bytes read into `target`: fewer than asked only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /** Where bytes are in memory already: those asked for, fewer only at the end of the file. Nobody changes them. */
  view?(position: number, bytes: number): Promise<Buffer>
  /** Bytes written, which may be fewer than given. */
  write(chunks: readonly Uint8Array[], position: number): Promise<number>
  /** Resolves when all that was written is on the disk (fdatasync). */
  sync(): Promise<void>
  truncate(bytes: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/** Writes everything, however short the single writes are. */
export async function writeAll(file: LogFile, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let left = chunks
  let at = position
  for (;;) {
    const written = await file.write(left, at)
    at += written
    left = behind(left, written)
    if (left.length === 0) return
    if (written === 0) throw new Error('A write wrote nothing.')
  }
}

function behind(chunks: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skip = written
  let whole = 0
  while (whole < chunks.length && skip >= chunks[whole]!.length) skip -= chunks[whole++]!.length
  const rest = chunks.slice(whole)
  if (skip > 0) rest[0] = rest[0]!.subarray(skip)
  return rest
}

export const isAbsentFile = (error: unknown): boolean => (error as { code?: unknown }).code === 'ENOENT'
