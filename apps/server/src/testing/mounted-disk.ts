import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { peer, temporaryDirectory } from '@koine/base/testing'

/** For a test's `skip`: false when file systems can be mounted here, otherwise the reason. */
export function mounting(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounts a file system: needs root on Linux'
  const missing = peer('mount', 'umount', 'findmnt', 'mkfs.ext4', 'e2fsck')
  if (missing !== false) return missing
  const place = mkdtempSync(join(tmpdir(), 'koine-'))
  try {
    mount(place, ['-t', 'tmpfs', 'tmpfs'])
    unmount(place)
    return false
  } catch (cause) {
    return `mounts a file system, which this system refuses: ${String(cause)}`
  } finally {
    rmdirSync(place)
  }
}

/** A file system of its own, unmounted on disposal: by then nothing may have a file open there. */
export interface MountedDisk extends AsyncDisposable {
  readonly path: string
}

/** A small one in memory. */
export function smallDisk(bytes: number): MountedDisk {
  const point = mountPoint()
  mount(point.path, ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs'])
  return {
    path: point.path,
    [Symbol.asyncDispose]: async () => {
      unmount(point.path)
      await point[Symbol.asyncDispose]()
    },
  }
}

/** One that the kernel makes read-only at an error, as most servers' disks are mounted. */
export class FragileDisk implements MountedDisk {
  readonly path: string
  readonly #point = mountPoint()
  readonly #image: string

  constructor(bytes: number) {
    this.path = this.#point.path
    this.#image = `${this.path}.image`
    writeFileSync(this.#image, '')
    truncateSync(this.#image, bytes)
    execFileSync('mkfs.ext4', ['-q', '-F', this.#image])
    this.mount()
  }

  mount(): void {
    mount(this.path, ['-o', 'loop,errors=remount-ro', this.#image])
  }

  /** The kernel finds an error in the file system. */
  breakDown(): void {
    const device = execFileSync('findmnt', ['-no', 'SOURCE', this.path], { encoding: 'utf8' }).trim()
    writeFileSync(join('/sys/fs/ext4', basename(device), 'trigger_fs_error'), '1')
  }

  /** What an operator does about it; nothing may have a file open there. */
  mend(): void {
    execFileSync('umount', [this.path])
    try {
      execFileSync('e2fsck', ['-f', '-y', this.#image], { stdio: 'ignore' })
    } catch (cause) {
      // 1: there were errors, and they are corrected.
      if ((cause as { status?: number }).status !== 1) throw cause
    }
    this.mount()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unmount(this.path)
    await rm(this.#image, { force: true })
    await this.#point[Symbol.asyncDispose]()
  }
}

function mountPoint(): AsyncDisposable & { readonly path: string } {
  const place = temporaryDirectory()
  const path = join(place.path, 'disk')
  mkdirSync(path)
  return { path, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() }
}

const mount = (path: string, args: readonly string[]): void => {
  execFileSync('mount', [...args, path], { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Also while something is still open there, so that no failed test leaves it mounted. */
const unmount = (path: string): void => {
  execFileSync('umount', ['-l', path], { stdio: ['ignore', 'ignore', 'pipe'] })
}
