import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, invariant, type Randomness, type TenantId, tenantIds } from '@koine/base'
import { type Blobs, BlobSigner, type TenantBlobs } from '@koine/stores-ports'
import { type Disk, onDisk, realDisk } from './disk.ts'
import { TenantFileBlobs } from './tenant-file-blobs.ts'

export interface FileBlobsOptions {
  /** The cell's data directory; objects are in `tenants/<tenant>/blobs` below it. */
  readonly directory: string
  readonly clock: Pick<Clock, 'now'>
  readonly randomness: Randomness
  /** For presigned URLs. Without it they are paths, signed with a secret that ends with the process. */
  readonly presign?: { readonly baseUrl: string; readonly secret: Uint8Array }
  readonly disk?: Disk
}

/**
 * The blobs port on a directory. A put writes a temporary file, syncs it, renames it into place and syncs the directory,
 * so an object is the old one or the new one at every moment. A full or failing disk is `unavailable`: the object is
 * still the old one, unless it was the very last sync that failed, after which it is the old or the new one, whole.
 * One process owns the directory.
 */
export class FileBlobs implements Blobs {
  /** Verifies what `presign` gave out. */
  readonly signer: BlobSigner
  readonly #options: FileBlobsOptions
  readonly #tenants = new Map<TenantId, TenantFileBlobs>()

  constructor(options: FileBlobsOptions) {
    const { clock, randomness, presign = { baseUrl: '', secret: randomness.fill(new Uint8Array(32)) } } = options
    this.signer = new BlobSigner({ clock, ...presign })
    this.#options = options
  }

  forTenant(tenant: TenantId): TenantBlobs {
    let blobs = this.#tenants.get(tenant)
    if (!blobs) {
      blobs = new TenantFileBlobs({
        disk: realDisk,
        ...this.#options,
        directory: this.#directoryOf(tenant),
        tenant,
        signer: this.signer,
      })
      this.#tenants.set(tenant, blobs)
    }
    return blobs
  }

  async dropTenant(tenant: TenantId): Promise<void> {
    const held = this.#tenants.get(tenant)
    this.#tenants.delete(tenant)
    await onDisk(() => rm(this.#directoryOf(tenant), { recursive: true, force: true }))
    held?.forgetDirectories()
  }

  /** Nothing is held open between two calls. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #directoryOf(tenant: TenantId): string {
    invariant(tenantIds.parse(tenant), 'A directory is named after a tenant id and nothing else.')
    return join(this.#options.directory, 'tenants', tenant, 'blobs')
  }
}
