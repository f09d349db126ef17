import type { Disk } from '../blobs/disk.ts'
import type { LogFile, LogFiles } from '../log/log-files.ts'
import type { DiskHealth } from './disk-health.ts'

/** The same files, with everything done to them noted by the disk's health. */
export function watchedFiles(files: LogFiles, health: Pick<DiskHealth, 'watch'>): LogFiles {
  const named = <T>(action: () => Promise<T>): Promise<T> => health.watch('name', action)
  return {
    open: (path, mode) => named(async () => watchedFile(await files.open(path, mode), health)),
    list: (directory) => files.list(directory),
    makeDirectory: (path) => named(() => files.makeDirectory(path)),
    syncDirectory: (path) => named(() => files.syncDirectory(path)),
    rename: (from, to) => named(() => files.rename(from, to)),
    remove: (path) => named(() => files.remove(path)),
    removeDirectory: (path) => health.watch('remove', () => files.removeDirectory(path)),
  }
}

const watchedFile = (file: LogFile, health: Pick<DiskHealth, 'watch'>): LogFile => ({
  read: (target, position) => health.watch('read', () => file.read(target, position)),
  write: (chunks, position) => health.watch('write', () => file.write(chunks, position)),
  sync: () => health.watch('sync', () => file.sync()),
  truncate: (bytes) => health.watch('name', () => file.truncate(bytes)),
  size: () => file.size(),
  close: () => file.close(),
})

/** The same disk of the blobs, with its failures noted. */
export const watchedDisk = (disk: Disk, health: Pick<DiskHealth, 'watch'>): Disk => ({
  write: (file, bytes) => health.watch('object', () => disk.write(file, bytes)),
  sync: (file) => health.watch('object', () => disk.sync(file)),
})
