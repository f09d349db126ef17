import type { Blobs, TenantBlobs } from '@koine/stores-ports'
import type { LogFiles } from '../log-files.ts'

/** Blobs for a program that stops with its disk, before something is done or before it hears of it; for tests. */
export function mortalBlobs(blobs: Blobs, files: LogFiles): Blobs {
  // Failing will do: only after the end nothing comes back.
  const alive = (): Promise<unknown> => files.list('/nowhere').catch(() => [])
  const whileAlive = async <T>(effect: () => Promise<T>): Promise<T> => {
    await alive()
    const result = await effect()
    await alive()
    return result
  }
  const mortal = (inner: TenantBlobs): TenantBlobs => ({
    put: (...put) => whileAlive(() => inner.put(...put)),
    get: (key) => whileAlive(() => inner.get(key)),
    getRange: (...range) => whileAlive(() => inner.getRange(...range)),
    head: (key) => whileAlive(() => inner.head(key)),
    list: (options) => whileAlive(() => inner.list(options)),
    delete: (key) => whileAlive(() => inner.delete(key)),
    presign: (...presign) => inner.presign(...presign),
  })
  return {
    forTenant: (tenant) => mortal(blobs.forTenant(tenant)),
    dropTenant: (tenant) => blobs.dropTenant(tenant),
    [Symbol.asyncDispose]: async () => {},
  }
}
