import type { Clock, TenantId } from '@koine/base'
import { BlobSigner } from '../blob-signer.ts'
import {
  checkBlobKey,
  checkBlobRange,
  checkContentType,
  checkListLimit,
  decodeBlobCursor,
  encodeBlobCursor,
} from '../blob-validation.ts'
import type { BlobInfo, Blobs, TenantBlobs } from '../blobs.ts'
import { compareBytewise } from '../bytewise.ts'
import { type Faults, noFaults } from '../faults.ts'
import { around } from './around.ts'

export interface MemoryBlobsOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly faults?: Faults
  readonly presign?: { readonly baseUrl: string; readonly secret: Uint8Array }
}

interface StoredBlob {
  readonly body: Uint8Array
  readonly info: BlobInfo
}

const insecurePresign = { baseUrl: 'http://127.0.0.1', secret: Buffer.from('nothing here lasts') }

/** The blobs port in memory: exact semantics, nothing durable, faults on demand. */
export class MemoryBlobs implements Blobs {
  /** Verifies what `presign` gave out. */
  readonly signer: BlobSigner
  readonly #clock: Pick<Clock, 'now'>
  readonly #faults: Faults
  readonly #tenants = new Map<TenantId, Map<string, StoredBlob>>()

  constructor({ clock, faults = noFaults, presign = insecurePresign }: MemoryBlobsOptions) {
    this.signer = new BlobSigner({ clock, ...presign })
    this.#clock = clock
    this.#faults = faults
  }

  forTenant(tenant: TenantId): TenantBlobs {
    const on = <T>(operation: string, effect: (held: Map<string, StoredBlob>) => T): Promise<Awaited<T>> =>
      around(this.#faults, `blobs.${operation}`, () => effect(this.#held(tenant)))
    return {
      put: async (key, body, options = {}) => {
        checkBlobKey(key)
        checkContentType(options.contentType)
        const bytes = await collect(body)
        return on('put', (held) => {
          if (options.ifAbsent && held.has(key)) return { ok: false }
          held.set(key, { body: bytes, info: this.#describe(key, bytes, options.contentType) })
          return { ok: true }
        })
      },
      get: async (key) => {
        checkBlobKey(key)
        return on('get', (held) => held.get(key)?.body.slice())
      },
      getRange: async (key, start, length) => {
        checkBlobKey(key)
        checkBlobRange(start, length)
        return on('getRange', (held) => held.get(key)?.body.slice(start, start + length))
      },
      head: async (key) => {
        checkBlobKey(key)
        return on('head', (held) => held.get(key)?.info)
      },
      list: async ({ prefix, limit, cursor }) => {
        checkListLimit(limit)
        const after = cursor === undefined ? undefined : decodeBlobCursor(cursor)
        return on('list', (held) => {
          const found = [...held.values()]
            .map(({ info }) => info)
            .filter(({ key }) => key.startsWith(prefix) && (after === undefined || compareBytewise(key, after) > 0))
            .sort((a, b) => compareBytewise(a.key, b.key))
          const blobs = found.slice(0, limit)
          return found.length > limit ? { blobs, cursor: encodeBlobCursor(blobs.at(-1)!.key) } : { blobs }
        })
      },
      delete: async (key) => {
        checkBlobKey(key)
        await on('delete', (held) => held.delete(key))
      },
      presign: async (key, { method, expiresInMs }) => this.signer.sign({ method, tenant, key }, expiresInMs),
    }
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return around(this.#faults, 'blobs.dropTenant', () => {
      this.#tenants.delete(tenant)
    })
  }

  /** Keeps what it holds, so that a simulated restart finds it. */
  async [Symbol.asyncDispose](): Promise<void> {}

  #held(tenant: TenantId): Map<string, StoredBlob> {
    const held = this.#tenants.get(tenant) ?? new Map<string, StoredBlob>()
    this.#tenants.set(tenant, held)
    return held
  }

  #describe(key: string, body: Uint8Array, contentType: string | undefined): BlobInfo {
    const info = { key, bytes: body.length, modifiedAtMs: this.#clock.now() }
    return contentType === undefined ? info : { ...info, contentType }
  }
}

async function collect(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return Uint8Array.from(body)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk))
  return Uint8Array.from(Buffer.concat(chunks))
}
