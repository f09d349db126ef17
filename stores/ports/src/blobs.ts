import type { TenantId } from '@koine/base'

/**
 * **blobs** — whole objects by key.
 *
 * Semantics that every engine keeps, and why:
 * - `put` is atomic: a reader sees the old object or the new one, never a part. There is no append and no rename (S3 has
 *   none): to move is to put under the new key and delete the old.
 * - Durable once `put` resolves; strongly consistent, `list` included (S3 has been since 2020).
 * - `ifAbsent` refuses to replace; the refusal is a value (S3: `If-None-Match: *`).
 * - Keys are UTF-8, at most 1,024 bytes, `/`-separated; no part is empty, `.` or `..`; no control characters.
 */
export interface Blobs extends AsyncDisposable {
  forTenant(tenant: TenantId): TenantBlobs
  dropTenant(tenant: TenantId): Promise<void>
}

export interface TenantBlobs {
  put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: { readonly contentType?: string; readonly ifAbsent?: boolean },
  ): Promise<{ readonly ok: boolean }>
  /** The whole object, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>
  /** `length` bytes from `start`; shorter at the end, empty past it; undefined when there is no such object. */
  getRange(key: string, start: number, length: number): Promise<Uint8Array | undefined>
  /** Without the body. */
  head(key: string): Promise<BlobInfo | undefined>
  /** By key, bytewise. */
  list(options: {
    readonly prefix: string
    readonly limit: number
    readonly cursor?: string
  }): Promise<{ readonly blobs: readonly BlobInfo[]; readonly cursor?: string }>
  /** Harmless when there is none. */
  delete(key: string): Promise<void>
  /** A URL that allows one method on one object until it expires, without another credential. */
  presign(key: string, options: { readonly method: 'GET' | 'PUT'; readonly expiresInMs: number }): Promise<string>
}

export interface BlobInfo {
  readonly key: string
  readonly bytes: number
  readonly modifiedAtMs: number
  readonly contentType?: string
}

export const blobLimits = { keyBytes: 1024, listBlobs: 1000, presignMs: 7 * 24 * 3600 * 1000 } as const
