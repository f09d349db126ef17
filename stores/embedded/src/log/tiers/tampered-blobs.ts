import type { Blobs, TenantBlobs } from '@koine/stores-ports'

/** A blob store that changes what it is given, or what it gives, as long as it is told to; for tests. */
export class TamperedBlobs implements Blobs {
  readonly #blobs: Blobs
  onPut: ((bytes: Buffer) => Uint8Array) | undefined
  onRead: ((bytes: Buffer, start: number) => Uint8Array) | undefined
  /** How many ranges were asked for. */
  reads = 0

  constructor(blobs: Blobs) {
    this.#blobs = blobs
  }

  forTenant(tenant: Parameters<Blobs['forTenant']>[0]): TenantBlobs {
    const inner = this.#blobs.forTenant(tenant)
    return {
      get: (key) => inner.get(key),
      head: (key) => inner.head(key),
      list: (options) => inner.list(options),
      delete: (key) => inner.delete(key),
      presign: (...presign) => inner.presign(...presign),
      put: async (key, body, options) => {
        const chunks: Uint8Array[] = []
        if (body instanceof Uint8Array) chunks.push(body)
        else for await (const chunk of body) chunks.push(chunk)
        const bytes = Buffer.concat(chunks)
        return inner.put(key, this.onPut?.(bytes) ?? bytes, options)
      },
      getRange: async (key, start, length) => {
        this.reads++
        const bytes = await inner.getRange(key, start, length)
        return bytes && (this.onRead?.(Buffer.from(bytes), start) ?? bytes)
      },
    }
  }

  dropTenant(tenant: Parameters<Blobs['dropTenant']>[0]): Promise<void> {
    return this.#blobs.dropTenant(tenant)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Turns one bit of the byte in the middle. */
export function flipped(bytes: Buffer): Buffer {
  const at = bytes.length >> 1
  bytes[at] = bytes[at]! ^ 1
  return bytes
}
